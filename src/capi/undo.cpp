// Undo managers.
#include <memory>
#include <utility>
#include <vector>

#include "capi/doc_handle.h"
#include "syncline/crdt/undo_manager.h"

using namespace syncline;
using namespace syncline::capi;

struct syncline_undo {
  crdt::UndoManager manager;
};

struct syncline_undo_step {
  crdt::UndoStep& step;
};

extern "C" {

syncline_status syncline_undo_new(syncline_doc* doc, const syncline_type* scope,
                                  std::size_t scope_count, const syncline_undo_options* options,
                                  syncline_undo** undo, syncline_error* error) {
  if (undo != nullptr) *undo = nullptr;
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    if (undo == nullptr) return fail(ErrorCode::kInvalid, "no place for the undo manager");
    crdt::UndoOptions own;
    if (options != nullptr) {
      if (options->size < sizeof(syncline_undo_options))
        return fail(ErrorCode::kInvalid, "options without their size: begin with the INIT macro");
      own.capture_timeout_ms = options->capture_timeout_ms;
      own.ignore_remote_map_changes = options->ignore_remote_map_changes;
      if (options->now_ms != nullptr)
        own.now_ms = [now = options->now_ms, user = options->user] { return now(user); };
      if (options->tracked_origins != nullptr)
        own.tracked_origins.assign(options->tracked_origins,
                                   options->tracked_origins + options->tracked_count);
    }
    if (scope == nullptr) {
      *undo = new syncline_undo{crdt::UndoManager(**document, std::move(own))};
      return {};
    }
    std::vector<crdt::Type> types;
    for (std::size_t i = 0; i < scope_count; ++i) {
      const Result<crdt::Type> type = typed<crdt::Type>(scope[i]);
      if (!type || type->engine() != &(*document)->engine())
        return fail(ErrorCode::kInvalid, "a type of no document, or of another");
      types.push_back(*type);
    }
    *undo = new syncline_undo{crdt::UndoManager(**document, types, std::move(own))};
    return {};
  });
}

void syncline_undo_free(syncline_undo* undo) {
  delete undo;
}

bool syncline_undo_undo(syncline_undo* undo) {
  return undo != nullptr && undo->manager.undo();
}

bool syncline_undo_redo(syncline_undo* undo) {
  return undo != nullptr && undo->manager.redo();
}

std::size_t syncline_undo_steps(const syncline_undo* undo) {
  return undo == nullptr ? 0 : undo->manager.undo_steps();
}

std::size_t syncline_undo_redo_steps(const syncline_undo* undo) {
  return undo == nullptr ? 0 : undo->manager.redo_steps();
}

void syncline_undo_stop_capturing(syncline_undo* undo) {
  if (undo != nullptr) undo->manager.stop_capturing();
}

void syncline_undo_clear(syncline_undo* undo, bool undo_stack, bool redo_stack) {
  if (undo != nullptr) undo->manager.clear(undo_stack, redo_stack);
}

void syncline_undo_add_to_scope(syncline_undo* undo, syncline_type handle) {
  if (undo != nullptr && handle.engine != nullptr) undo->manager.add_to_scope(type(handle));
}

void syncline_undo_track(syncline_undo* undo, std::uint64_t origin) {
  if (undo != nullptr) undo->manager.track(origin);
}

void syncline_undo_untrack(syncline_undo* undo, std::uint64_t origin) {
  if (undo != nullptr) undo->manager.untrack(origin);
}

std::uint64_t syncline_undo_origin(const syncline_undo* undo) {
  return undo == nullptr ? 0 : undo->manager.origin();
}

std::uint64_t syncline_undo_on(syncline_undo* undo, syncline_undo_what what,
                               syncline_undo_fn callback, void* user) {
  if (undo == nullptr || callback == nullptr) return 0;
  const auto tell = [=](const crdt::UndoEvent& event) {
    syncline_undo_step step{event.step};
    callback(user, what, event.stack == crdt::UndoEvent::Stack::kRedo, &step);
  };
  switch (what) {
    case SYNCLINE_UNDO_ADDED: return undo->manager.on_added(tell);
    case SYNCLINE_UNDO_UPDATED: return undo->manager.on_updated(tell);
    case SYNCLINE_UNDO_POPPED: return undo->manager.on_popped(tell);
    case SYNCLINE_UNDO_WIDTH: break;
  }
  return 0;
}

void syncline_undo_off(syncline_undo* undo, std::uint64_t token) {
  if (undo != nullptr) undo->manager.off(token);
}

syncline_status syncline_undo_step_set(syncline_undo_step* step, const char* key,
                                       std::size_t key_size, const syncline_value* value,
                                       syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<std::string_view> name = text(key, key_size);
    if (step == nullptr || !name) return fail(ErrorCode::kInvalid, "no step, or no key");
    Result<crdt::Any> own = any(value);
    if (!own) return std::unexpected(own.error());
    step->step.meta[std::string(*name)] = *std::move(own);
    return {};
  });
}

syncline_status syncline_undo_step_get(syncline_undo_step* step, const char* key,
                                       std::size_t key_size, syncline_value* value,
                                       syncline_error* error) {
  if (value != nullptr) *value = {};
  return run(error, [&]() -> Result<void> {
    const Result<std::string_view> name = text(key, key_size);
    if (step == nullptr || !name) return fail(ErrorCode::kInvalid, "no step, or no key");
    const auto found = step->step.meta.find(std::string(*name));
    if (found == step->step.meta.end()) return fail(ErrorCode::kNotFound, "no such key");
    return give(crdt::Value(found->second), value);
  });
}

}  // extern "C"
