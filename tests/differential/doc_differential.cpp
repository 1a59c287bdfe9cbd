// Repeats histories that doc_histories.mjs recorded with Yjs, and compares everything that can be
// seen on the way: the updates of every transaction (bytes of both formats), events with their
// deltas, the document's values, its encoded state, what it waits for, positions and snapshots.
// Stops at the first difference.
//
//   doc_differential FILE [--all]     FILE may be - for standard input

#include <fstream>
#include <iostream>
#include <string>

#include "crdt/update_writer.h"
#include "doc_model.h"
#include "doc_undo.h"
#include "syncline/crdt/relative_position.h"
#include "syncline/crdt/snapshot.h"

namespace syncline::crdt::differential {
namespace {

struct Difference {
  std::string what;
  std::string expected;
  std::string actual;
};

// One document of a history, and what it reports.
class Replica {
 public:
  explicit Replica(const Json& spec, std::size_t index)
      : doc_({.client_id = spec["client"].get<ClientId>(),
              .gc = spec["gc"].get<bool>(),
              .guid = "doc-" + std::to_string(index)}),
        silent_(spec["silent"].get<bool>()) {
    if (!silent_) name_roots();
    for (const Json& root : spec["observe"]) observe(Json::array({root}), true);
    if (spec.contains("undo")) undo_.emplace(doc_, spec["undo"], log_);
    doc_.on_update([this](const UpdateEvent& event) {
      log_.push_back({"u", hex(event.update())});
      log_.push_back({"w", hex(event.update_v2())});
    });
    doc_.on_subdocs([this](const SubdocsEvent& event) {
      log_.push_back({"d", guids(event.added), guids(event.removed), guids(event.loaded)});
    });
  }
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void observe(const Json& path, bool deep) {
    Type type = resolve(doc_, path);
    type.observe([this, path](const TypeEvent& event) {
      log_.push_back({"s", path, packed(dump_event(event))});
    });
    if (!deep) return;
    type.observe_deep([this, path](const std::vector<TypeEvent>& events) {
      log_.push_back({"e", path, packed(dump_events(events))});
    });
  }

  void name_roots() {
    silent_ = false;
    for (const Root& root : kRoots) get_root(doc_, root.name, root.kind);
  }

  Doc& doc() { return doc_; }
  UndoReplay& undo() { return *undo_; }
  Json stacks() const { return undo_ ? undo_->stacks() : Json(); }
  void set_time(const Json& step) {
    if (undo_) undo_->set_time(step["now"].get<std::uint64_t>());
  }
  bool silent() const { return silent_; }
  Json take_log() { return std::exchange(log_, Json::array()); }

 private:
  static Json guids(const std::vector<Subdoc>& docs) {
    Json out = Json::array();
    for (const Subdoc& doc : docs) out.push_back(doc.guid);
    return out;
  }

  Json log_ = Json::array();
  Doc doc_;
  std::optional<UndoReplay> undo_;
  bool silent_;
};

// Compares, and remembers the first difference.
class Checker {
 public:
  bool ok() const { return !difference_; }
  const Difference& difference() const { return *difference_; }

  void same(const std::string& what, const std::string& expected, const std::string& actual) {
    if (ok() && expected != actual) difference_ = {what, expected, actual};
  }

  void same_value(const std::string& what, const std::string& expected, const std::string& actual) {
    if (ok() && expected != actual) {
      difference_ = {what, expected + "\n    " + readable(expected),
                     actual + "\n    " + readable(actual)};
    }
  }

  void same_log(const Json& expected, const Json& actual) {
    for (std::size_t i = 0; i < expected.size() || i < actual.size(); ++i) {
      const Json none = "nothing";
      const Json& left = i < expected.size() ? expected[i] : none;
      const Json& right = i < actual.size() ? actual[i] : none;
      if (left == right) continue;
      same("log entry " + std::to_string(i), show(left), show(right));
    }
  }

  template <typename T>
  void worked(const std::string& what, const Result<T>& result) {
    if (!result) same(what, "success", "refused: " + result.error().message);
  }

 private:
  static std::string show(const Json& entry) {
    std::string text = entry.dump();
    if (entry.is_array() && (entry[0] == "s" || entry[0] == "e"))
      text += "\n    " + readable(entry[2]);
    return text;
  }

  std::optional<Difference> difference_;
};

void check_roots(Doc& doc, const Json& dumps, Checker& checker) {
  for (const Root& root : kRoots) {
    if (!dumps.contains(root.name)) continue;
    const Type type = get_root(doc, root.name, root.kind);
    checker.same_value(std::string("value of ") + root.name, dumps[root.name],
                       packed(dump_type(type)));
  }
}

Json waits(const Doc& doc) {
  Json out = Json::array();
  const StateVector missing = doc.missing();
  for (const auto& [client, clock] : missing.clients()) out.push_back({client, clock});
  return out;
}

// Where the state arrives by an update alone, nobody has named the kinds of the roots.
void check_unnamed(const Json& want, Checker& checker) {
  const std::string xml = want["print"].value("xml", std::string());
  if (xml.empty()) return;
  Doc bare({.client_id = 1, .guid = "bare"});
  checker.worked("state", bare.apply_update(unhex(want["v1"])));
  const std::optional<Type> root = bare.find_root("xml");
  checker.same_value("JSON of xml that nobody named", packed(Any(xml)),
                     packed(root ? root->to_json() : Any()));
}

// The state once more, with the members of objects in another order, is nothing new.
void check_turned(const Doc& doc, const Json& want, Checker& checker) {
  if (!want.contains("turned")) return;
  const Result<Effect> effect = doc.prepare(unhex(want["turned"]));
  checker.worked("the state with members in another order", effect);
  if (!effect) return;
  const std::string found = effect->contradiction ? "a contradiction"
                            : effect->changes     ? "a change"
                                                  : "nothing";
  checker.same("the state with members in another order", "nothing", found);
}

void check_state(Replica& replica, const Json& want, Checker& checker) {
  Doc& doc = replica.doc();
  check_roots(doc, want["dumps"], checker);
  for (const Root& root : kRoots) {
    if (replica.silent()) break;
    const Type type = get_root(doc, root.name, root.kind);
    checker.same(std::string("printed ") + root.name, want["print"][root.name].dump(),
                 Json(printed(type)).dump());
    const std::string json = want["json"][root.name];
    if (!json.empty())
      checker.same_value(std::string("JSON of ") + root.name, json, packed(type.to_json()));
  }
  checker.same("state vector", want["sv"], hex(encode_state_vector(doc.state_vector())));
  const Snapshot snapshot = take_snapshot(doc);
  checker.same("snapshot, v1", want["snap1"], hex(encode_snapshot(snapshot, UpdateVersion::kV1)));
  checker.same("snapshot, v2", want["snap2"], hex(encode_snapshot(snapshot, UpdateVersion::kV2)));
  checker.same("what is waited for", want["waits"].dump(), waits(doc).dump());
  checker.same("state, v1", want["v1"], hex(doc.encode_state_as_update({}, UpdateVersion::kV1)));
  checker.same("state, v2", want["v2"], hex(doc.encode_state_as_update({}, UpdateVersion::kV2)));
  checker.worked("structure", doc.check());
  check_unnamed(want, checker);
  check_turned(doc, want, checker);
}

void check_position(Doc& doc, const Json& step, Checker& checker) {
  const RelativePosition position =
      relative_position(resolve(doc, step["path"]), step["index"], step["assoc"]);
  checker.same("position", step["position"], hex(encode_relative_position(position)));
  checker.same("position as JSON", step["json"], to_json(position));
  const Result<RelativePosition> back = relative_position_from_json(to_json(position));
  checker.worked("position from JSON", back);
  if (back && *back != position) checker.same("position from JSON", step["json"], to_json(*back));
}

void check_resolved(Doc& doc, const Json& step, Checker& checker) {
  const Result<RelativePosition> position = decode_relative_position(unhex(step["resolve"]));
  checker.worked("position", position);
  if (!position) return;
  const std::optional<AbsolutePosition> found = absolute_position(*position, doc);
  Json actual;
  if (found)
    actual = {{"index", found->index}, {"assoc", found->assoc}, {"length", found->type.length()}};
  checker.same("resolved position", step["found"].dump(), actual.dump());
}

void check_past(Doc& doc, const Json& step, Checker& checker) {
  const Result<Snapshot> snapshot = decode_snapshot(unhex(step["at"]), UpdateVersion::kV1);
  checker.worked("snapshot", snapshot);
  if (!snapshot) return;
  Result<Doc> past = doc_at(doc, *snapshot, {.client_id = 1, .gc = false, .guid = "past"});
  checker.worked("document at a snapshot", past);
  if (past) check_roots(*past, step["dumps"], checker);
}

void check_between(Doc& doc, const Json& step, Checker& checker) {
  const Result<Snapshot> before = decode_snapshot(unhex(step["between"][0]), UpdateVersion::kV1);
  const Result<Snapshot> after = decode_snapshot(unhex(step["between"][1]), UpdateVersion::kV1);
  checker.worked("snapshot", before);
  checker.worked("snapshot", after);
  if (!checker.ok()) return;
  for (const auto& [name, expected] : step["deltas"].items()) {
    const auto text = as<Text>(resolve(doc, Json::array({name})));
    const Result<Delta> delta = delta_between(text, *before, *after);
    checker.worked("delta between snapshots", delta);
    if (delta) checker.same_value("change of " + name, expected, packed(dump_change(*delta)));
  }
}

void run_calls(Replica& replica, const Json& step, Checker& checker) {
  if (!step.contains("calls")) return;
  for (const Json& call : step["calls"])
    checker.same("result of " + call.dump(), call[2].dump(), Json(replica.undo().run(call)).dump());
}

void run_step(Replica& replica, const Json& step, Checker& checker) {
  Doc& doc = replica.doc();
  const Origin origin = step.value("o", Origin{0});
  if (step.contains("log")) replica.set_time(step);
  if (step.contains("t")) {
    doc.transact(
        [&] {
          for (const Json& op : step["t"]) checker.worked(op.dump(), run_op(doc, op));
          run_calls(replica, step, checker);
        },
        origin);
  } else if (step.contains("a")) {
    checker.worked("update",
                   doc.apply_update(unhex(step["a"]),
                                    static_cast<UpdateVersion>(step["v"].get<int>()), origin));
    checker.same("what is waited for", step.value("waits", Json::array()).dump(),
                 waits(doc).dump());
  } else if (step.contains("calls")) {
    run_calls(replica, step, checker);
  } else if (step.contains("observe")) {
    replica.observe(step["observe"], step["deep"]);
  } else if (step.contains("named")) {
    replica.name_roots();
  } else if (step.contains("position")) {
    check_position(doc, step, checker);
  } else if (step.contains("resolve")) {
    check_resolved(doc, step, checker);
  } else if (step.contains("load")) {
    checker.worked("load", doc.load_subdoc(step["load"].get<std::string>()));
  } else if (step.contains("unload")) {
    checker.worked("unload", doc.unload_subdoc(step["unload"].get<std::string>()));
  } else if (step.contains("between")) {
    check_between(doc, step, checker);
  } else if (step.contains("at")) {
    check_past(doc, step, checker);
  } else {
    check_state(replica, step["c"], checker);
  }
  if (step.contains("log")) checker.same_log(step["log"], replica.take_log());
  if (step.contains("stacks"))
    checker.same("stacks", step["stacks"].dump(), replica.stacks().dump());
}

void report(const Json& history, std::size_t index, const Difference& difference) {
  const Json& step = history["steps"][index];
  Json shown = step;
  for (const char* bulky : {"log", "c", "dumps"}) shown.erase(bulky);
  std::cout << "difference in history " << history["seed"] << ", step " << index << ", document "
            << step["d"] << ' ' << history["docs"][step["d"].get<std::size_t>()].dump() << "\n  "
            << shown.dump() << "\n  " << difference.what << "\n  expected: " << difference.expected
            << "\n  actual:   " << difference.actual
            << "\nagain: node doc_histories.mjs --count 1 --seed " << history["seed"]
            << " | doc_differential -\n";
}

bool run_history(const Json& history) {
  std::vector<std::unique_ptr<Replica>> replicas;
  for (const Json& spec : history["docs"]) {
    replicas.push_back(
        spec["foreign"].get<bool>() ? nullptr : std::make_unique<Replica>(spec, replicas.size()));
  }
  const Json& steps = history["steps"];
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Checker checker;
    run_step(*replicas[steps[i]["d"].get<std::size_t>()], steps[i], checker);
    if (checker.ok()) continue;
    report(history, i, checker.difference());
    return false;
  }
  return true;
}

int run(std::istream& in, bool all) {
  std::size_t histories = 0;
  std::size_t steps = 0;
  std::size_t different = 0;
  std::string line;
  while ((all || different == 0) && std::getline(in, line)) {
    const Json history = Json::parse(line);
    if (!run_history(history)) ++different;
    ++histories;
    steps += history["steps"].size();
  }
  std::cout << histories << " histories, " << steps << " steps, " << different
            << " with a difference\n";
  return histories > 0 && different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace syncline::crdt::differential

int main(int argc, char** argv) {
  const bool all = argc == 3 && std::string_view(argv[2]) == "--all";
  if (argc != 2 && !all) {
    std::cerr << "usage: doc_differential FILE [--all]\n";
    return 2;
  }
  if (std::string_view(argv[1]) == "-") return syncline::crdt::differential::run(std::cin, all);
  std::ifstream file(argv[1]);
  return syncline::crdt::differential::run(file, all);
}
