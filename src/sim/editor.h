// Someone who edits a document: a replica, a cursor, and habits.
//
// Habits follow what real editing traces look like (runs of typing at one place, a backspace now
// and then, a jump, a paste) and what hurts merging most (everyone at the same place, deleting what
// others write, setting the same keys, undoing).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sim/world.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/undo_manager.h"

namespace syncline::sim {

enum class Habit : std::uint8_t { kTyping, kBatches, kFighting, kStructures };

inline constexpr std::uint64_t kHabits = 4;

class Editor {
 public:
  // `now_ms` is the clock of the client.
  Editor(World& world, crdt::ClientId id, bool undoes, std::function<std::uint64_t()> now_ms);

  // One edit; what it was, for the trace. Every edit is a transaction, and so at most one update.
  std::string edit(Dice& dice, Habit habit);

  crdt::Doc& doc() { return doc_; }
  const crdt::Doc& doc() const { return doc_; }

 private:
  std::string type(Dice& dice);
  std::string batch(Dice& dice);
  std::string fight(Dice& dice);
  std::string structure(Dice& dice);
  std::string undo(Dice& dice);
  std::string format(Dice& dice);
  std::uint32_t cursor();

  World& world_;
  crdt::Doc doc_;
  crdt::Text text_;
  crdt::Map map_;
  crdt::Array list_;
  crdt::XmlFragment tree_;
  std::unique_ptr<crdt::UndoManager> undo_;
  std::uint32_t cursor_ = 0;
};

}  // namespace syncline::sim
