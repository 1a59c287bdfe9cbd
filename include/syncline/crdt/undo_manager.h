// UndoManager: undo and redo of one user's changes while others edit the same document.
//
//   Text text = doc.text("content");
//   UndoManager undo(doc, {text}, {.now_ms = clock});
//   text.insert(0, "hello");
//   undo.undo();  // the text is empty again; whatever others typed meanwhile stays
//   undo.redo();
//
// What it takes down are the transactions that change a type in its scope (or something inside one)
// and come with a tracked origin. Changes that follow each other within the capture timeout are one
// step. Undoing a step deletes what it inserted and brings back what it deleted, as far as others
// have not made that pointless; a step that has no effect any more is skipped. The result is an
// ordinary transaction with the manager's own origin, which others receive like any edit.
//
// Rules and encoded results are those of Yjs 13.6. Where this differs: a transaction that changed
// nothing is never a step (in Yjs it is one if the scope is the whole document); and undo() or
// redo() called from within this manager's own undo or redo does nothing.
//
// Memory: deleted content that a step may bring back is kept from garbage collection. clear() lets
// go of it; it is collected when something around it is deleted. A step that was undone, or skipped,
// keeps its content, as in Yjs.
//
// Ownership: refers to the Doc, which must outlive it, as it must outlive the transaction that is
// running when it is destroyed. Steps live in the manager. Not movable. Thread-safety: that of Doc.
// No clock: the time comes from `now_ms`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/types.h"

namespace syncline::crdt {

class RedoPass;
struct Transaction;
struct Item;

// Ids with their clients in the order in which they came first: undo works in that order.
class UndoIds {
 public:
  void add(ClientId client, Clock clock, Clock len);
  void add(const UndoIds& later);
  bool contains(Id id) const { return ids_.contains(id); }
  const IdSet& ids() const { return ids_; }
  const std::vector<ClientId>& order() const { return order_; }

 private:
  IdSet ids_;
  std::vector<ClientId> order_;
};

// One step.
struct UndoStep {
  UndoIds insertions;
  UndoIds deletions;
  // The application's own: a cursor to restore, say (as relative positions).
  std::map<std::string, Any> meta;
};

struct UndoEvent {
  enum class Stack : std::uint8_t { kUndo, kRedo };

  UndoStep& step;
  Stack stack;    // where the step was put; when popped, where it was taken from
  Origin origin;  // of the transaction; when popped, the manager's own
  // The types that the transaction changed, and all around them. When popped within a transaction
  // that is still open: none.
  const std::vector<Type>& changed;
};

// A transaction that might be taken down.
struct UndoCandidate {
  Origin origin;
  bool local;
  const std::vector<Type>& changed;
};

// Something that an undo is about to delete.
struct UndoDeletion {
  Id id;
  Clock length;
  Type parent;
  std::optional<std::string_view> key;  // in a map, or an attribute
  std::optional<Type> type;             // if it is a nested type
};

struct UndoOptions {
  // Changes are joined to the last step if they come less than this after the change before. 0
  // makes every transaction a step.
  std::uint64_t capture_timeout_ms = 500;
  // Any clock. Without one time stands still: changes are joined until stop_capturing().
  std::function<std::uint64_t()> now_ms;
  // The manager's own origin is tracked besides. Updates applied without an origin have origin 0.
  std::vector<Origin> tracked_origins = {0};
  std::function<bool(const UndoCandidate&)> capture_transaction;  // false: not taken down
  std::function<bool(const UndoDeletion&)> delete_filter;         // false: left where it is
  // Let undo replace map entries and attributes that others have set since.
  bool ignore_remote_map_changes = false;
};

class UndoManager {
 public:
  // Scope: the whole document, or some types with all that is in them.
  explicit UndoManager(Doc& doc, UndoOptions options = {});
  UndoManager(Doc& doc, const std::vector<Type>& scope, UndoOptions options = {});
  ~UndoManager();
  UndoManager(const UndoManager&) = delete;
  UndoManager& operator=(const UndoManager&) = delete;

  void add_to_scope(const Type& type);  // of another document: nothing
  void track(Origin origin);
  void untrack(Origin origin);
  Origin origin() const { return origin_; }  // of its own transactions; no other manager's here

  // Takes back the last step that still has an effect; false if there is none.
  bool undo();
  bool redo();
  bool can_undo() const { return !undo_.empty(); }  // an effect is not promised
  bool can_redo() const { return !redo_.empty(); }
  std::size_t undo_steps() const { return undo_.size(); }
  std::size_t redo_steps() const { return redo_.size(); }

  void stop_capturing() { last_change_.reset(); }  // the next change begins a new step
  void clear(bool undo_stack = true, bool redo_stack = true);

  // Callbacks may edit, and may use the manager. off() removes them.
  using Token = std::uint64_t;
  using Observer = std::function<void(const UndoEvent&)>;
  Token on_added(Observer callback);    // a new step
  Token on_updated(Observer callback);  // a change was joined to the last step
  Token on_popped(Observer callback);   // a step was undone or redone
  Token on_cleared(std::function<void(bool undo_stack, bool redo_stack)> callback);
  void off(Token token);

 private:
  using Stack = std::vector<std::shared_ptr<UndoStep>>;
  enum class Mode : std::uint8_t { kIdle, kUndoing, kRedoing };
  enum class About : std::uint8_t { kAdded, kUpdated, kPopped };
  struct Listener {
    Token token;
    About about;
    Observer callback;
  };
  struct ClearListener {
    Token token;
    std::function<void(bool, bool)> callback;
  };

  Token listen(About about, Observer callback);
  void tell(About about, const UndoEvent& event) const;
  bool in_scope(const Item& item) const;
  bool concerns_scope(const Transaction& transaction) const;
  void after_transaction(Transaction& transaction);
  void capture(Transaction& transaction);
  UndoIds insertions_of(const Transaction& transaction) const;
  UndoIds deletions_of(const Transaction& transaction) const;
  bool joins_last_step(const Stack& stack);
  bool pop(Stack& stack, Mode mode);
  bool revert(Transaction& transaction, const UndoStep& step);
  bool may_delete(std::uint32_t item);
  std::vector<std::uint32_t> items_to_delete(Transaction& transaction, const UndoStep& step);
  void plan_redo(Transaction& transaction, const UndoStep& step, RedoPass& redo);
  bool deleted_by_a_step(Id id) const;
  void release(Transaction& transaction, Stack& stack);
  template <typename Visit>
  void visit_items(Transaction& transaction, const UndoIds& ids, Visit&& visit);

  Engine& engine_;
  UndoOptions options_;
  bool whole_doc_;
  std::vector<Type> scope_;
  Origin origin_;
  Token token_;
  Token last_token_ = 0;
  Stack undo_;
  Stack redo_;
  Mode mode_ = Mode::kIdle;
  std::optional<std::uint64_t> last_change_;
  const Transaction* popping_ = nullptr;  // the transaction of the undo that is running
  std::vector<Type> popped_changed_;      // what it changed
  std::vector<Listener> listeners_;
  std::vector<ClearListener> clear_listeners_;
};

}  // namespace syncline::crdt
