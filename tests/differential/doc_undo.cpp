#include "doc_undo.h"

namespace syncline::crdt::differential {
namespace {

UndoManager make(Doc& doc, const Json& scope, UndoOptions options) {
  if (scope.is_null()) return UndoManager(doc, std::move(options));
  std::vector<Type> types;
  for (const Json& path : scope) types.push_back(resolve(doc, path));
  return UndoManager(doc, types, std::move(options));
}

}  // namespace

UndoReplay::UndoReplay(Doc& doc, const Json& spec, Json& log)
    : doc_(doc), log_(log), manager_(make(doc, spec["scope"], options(spec))) {
  manager_.on_added(report("+"));
  manager_.on_updated(report("="));
  manager_.on_popped(report("-"));
  manager_.on_cleared([this](bool undo, bool redo) { log_.push_back({"0", undo, redo}); });
}

UndoOptions UndoReplay::options(const Json& spec) const {
  UndoOptions options;
  options.capture_timeout_ms = spec["timeout"];
  options.now_ms = [this] { return now_; };
  options.tracked_origins = spec["tracked"].get<std::vector<Origin>>();
  options.ignore_remote_map_changes = spec["overwrite"];
  if (spec["filter"].get<bool>()) {
    options.capture_transaction = [](const UndoCandidate& candidate) {
      return candidate.origin != 9;
    };
  }
  if (spec["keeps"].get<bool>()) {
    options.delete_filter = [](const UndoDeletion& deletion) { return deletion.id.clock % 5 != 0; };
  }
  return options;
}

UndoManager::Observer UndoReplay::report(const char* name) {
  return [this, name](const UndoEvent& event) {
    Json changed = Json::array();
    for (const Type& type : event.changed) changed.push_back(static_cast<int>(type.kind()));
    Any& steps = event.step.meta["steps"];
    const double count = steps.is_undefined() ? 1 : std::get<double>(steps.value()) + 1;
    steps = count;
    const bool own = event.origin == manager_.origin();
    log_.push_back({name, event.stack == UndoEvent::Stack::kUndo ? "undo" : "redo",
                    own ? Json(-1) : Json(event.origin), changed, static_cast<int>(count)});
  };
}

bool UndoReplay::run(const Json& call) {
  const std::string name = call[0];
  const Json& args = call[1];
  if (name == "undo") return manager_.undo();
  if (name == "redo") return manager_.redo();
  if (name == "stop") {
    manager_.stop_capturing();
  } else if (name == "clear") {
    manager_.clear(args[0], args[1]);
  } else {
    manager_.add_to_scope(resolve(doc_, args[0]));
  }
  return true;
}

}  // namespace syncline::crdt::differential
