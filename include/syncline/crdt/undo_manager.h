// UndoManager: undo and redo of one user's changes while others edit the same document.
//
//   Text text = doc.text("content");
//   UndoManager undo(doc, {text}, {.now_ms = clock});
//   text.insert(0, "hello");
//   undo.undo();  // the text is empty again; whatever others typed meanwhile stays
//   undo.redo();
//
// The manager records transactions that change a type in its scope (or a type inside one) and that
// have a tracked origin. Changes that follow each other within the capture timeout form one step.
// To undo a step deletes what the step inserted and restores what it deleted, unless other users'
// changes have made that pointless. A step without any effect left is skipped. The result is an
// ordinary transaction with the manager's own origin; other replicas receive it like any edit.
//
// The rules and the encoded results are those of Yjs 13.6, with two differences. A transaction that
// changed nothing never becomes a step (in Yjs it does if the scope is the whole document). And
// undo() and redo() do nothing if they are called from within an undo or redo of the same manager.
//
// Memory: the manager protects deleted content that a step may restore from garbage collection.
// clear() ends this protection; the content is collected when something around it is deleted. The
// content of a step that was undone or skipped stays, as in Yjs.
//
// Ownership: the manager refers to the Doc, which must outlive it. Do not destroy the manager while
// a transaction is running. The manager owns its steps. Not movable. Thread-safety: that of Doc.
// The manager has no clock of its own: the time comes from `now_ms`.
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

// Ids that remember the order in which their clients were added. Undo works in that order.
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
  // Values of the application, such as a cursor to restore (as relative positions).
  std::map<std::string, Any> meta;
};

struct UndoEvent {
  enum class Stack : std::uint8_t { kUndo, kRedo };

  UndoStep& step;
  Stack stack;    // the stack that got the step; for on_popped, the one that it came from
  Origin origin;  // of the transaction; for on_popped, the manager's own
  // The types that the transaction changed, and all types that contain them. Empty if the step was
  // popped within a transaction that is still open.
  const std::vector<Type>& changed;
};

// A transaction that the manager may record.
struct UndoCandidate {
  Origin origin;
  bool local;
  const std::vector<Type>& changed;
};

// An element, or several, that an undo is about to delete.
struct UndoDeletion {
  Id id;
  Clock length;
  Type parent;
  std::optional<std::string_view> key;  // in a map, or an attribute
  std::optional<Type> type;             // set if it is a nested type
};

struct UndoOptions {
  // A change joins the last step if it comes less than this after the previous change. With 0 every
  // transaction is a step of its own.
  std::uint64_t capture_timeout_ms = 500;
  // Any clock. Without a clock, time stands still: changes join one step until stop_capturing().
  std::function<std::uint64_t()> now_ms;
  // The manager's own origin is always tracked, too. An update that was applied without an origin
  // has origin 0.
  std::vector<Origin> tracked_origins = {0};
  std::function<bool(const UndoCandidate&)> capture_transaction;  // false: do not record it
  std::function<bool(const UndoDeletion&)> delete_filter;         // false: do not delete it
  // Lets undo replace map entries and attributes that other users have set since.
  bool ignore_remote_map_changes = false;
};

class UndoManager {
 public:
  // The scope is the whole document, or these types with everything inside them.
  explicit UndoManager(Doc& doc, UndoOptions options = {});
  UndoManager(Doc& doc, const std::vector<Type>& scope, UndoOptions options = {});
  ~UndoManager();
  UndoManager(const UndoManager&) = delete;
  UndoManager& operator=(const UndoManager&) = delete;

  void add_to_scope(const Type& type);  // ignores a type of another document
  void track(Origin origin);
  void untrack(Origin origin);
  // The origin of the manager's own transactions. Unique among the managers of a document.
  Origin origin() const { return origin_; }

  // Undoes the last step that still has an effect; false if there is no such step.
  bool undo();
  bool redo();
  // True does not promise that undo() has an effect.
  bool can_undo() const { return !undo_.empty(); }
  bool can_redo() const { return !redo_.empty(); }
  std::size_t undo_steps() const { return undo_.size(); }
  std::size_t redo_steps() const { return redo_.size(); }

  void stop_capturing() { last_change_.reset(); }  // the next change begins a new step
  void clear(bool undo_stack = true, bool redo_stack = true);

  // Callbacks may edit the document and call the manager. off() removes them.
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
  const Transaction* popping_ = nullptr;  // the transaction of the running undo
  std::vector<Type> popped_changed_;      // what it changed
  std::vector<Listener> listeners_;
  std::vector<ClearListener> clear_listeners_;
};

}  // namespace syncline::crdt
