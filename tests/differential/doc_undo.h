// A document's undo manager in a history: the C++ side of doc_undo.mjs.
#pragma once

#include "doc_model.h"
#include "syncline/crdt/undo_manager.h"

namespace syncline::crdt::differential {

class UndoReplay {
 public:
  // Reports go into `log`. Both must outlive this.
  UndoReplay(Doc& doc, const Json& spec, Json& log);

  void set_time(std::uint64_t now) { now_ = now; }
  // Runs one call [name, arguments, …]; what it returned.
  bool run(const Json& call);
  Json stacks() const { return {manager_.undo_steps(), manager_.redo_steps()}; }

 private:
  UndoOptions options(const Json& spec) const;
  UndoManager::Observer report(const char* name);

  Doc& doc_;
  Json& log_;
  std::uint64_t now_ = 0;
  UndoManager manager_;
};

}  // namespace syncline::crdt::differential
