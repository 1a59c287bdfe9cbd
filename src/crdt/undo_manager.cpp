#include "syncline/crdt/undo_manager.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "crdt/engine.h"
#include "crdt/redo.h"

namespace syncline::crdt {
namespace {

// The origins of managers start here, far above those that applications use.
constexpr Origin kFirstOrigin = Origin{1} << 63;

std::vector<Type> changed_types(Engine& engine, const Transaction& transaction) {
  std::vector<Type> types;
  for (const TypeIndex index : transaction.concerned) types.emplace_back(&engine, index);
  return types;
}

// The present item of a struct: the copy of a copy …, or the item itself.
Handle newest_copy(Engine& engine, Handle handle) {
  const Store& store = engine.store;
  DenseId id = store[handle].id();
  Clock offset = 0;
  while (store[handle].redone) {
    id = store.redone->at(handle);
    id.clock += offset;
    handle = store.find(id);
    offset = id.clock - store[handle].clock;
  }
  return offset == 0 ? handle : engine.item_starting_at(id);
}

}  // namespace

// ---- UndoIds

void UndoIds::add(ClientId client, Clock clock, Clock len) {
  if (ids_.find(client) == nullptr) order_.push_back(client);
  ids_.add(client, clock, len);
}

void UndoIds::add(const UndoIds& later) {
  for (const ClientId client : later.order_)
    for (const ClockRange& range : *later.ids_.find(client)) add(client, range.clock, range.len);
}

// ---- set up

UndoManager::UndoManager(Doc& doc, UndoOptions options)
    : engine_(doc.engine()),
      options_(std::move(options)),
      whole_doc_(true),
      origin_(kFirstOrigin + engine_.new_token()),
      token_(engine_.on_transaction(
          [this](Transaction& transaction) { after_transaction(transaction); })) {
  track(origin_);
}

UndoManager::UndoManager(Doc& doc, const std::vector<Type>& scope, UndoOptions options)
    : UndoManager(doc, std::move(options)) {
  whole_doc_ = false;
  for (const Type& type : scope) add_to_scope(type);
}

UndoManager::~UndoManager() {
  engine_.off(token_);
}

void UndoManager::add_to_scope(const Type& type) {
  if (type.engine() != &engine_) return;
  if (std::ranges::find(scope_, type) == scope_.end()) scope_.push_back(type);
}

void UndoManager::track(Origin origin) {
  std::vector<Origin>& tracked = options_.tracked_origins;
  if (std::ranges::find(tracked, origin) == tracked.end()) tracked.push_back(origin);
}

void UndoManager::untrack(Origin origin) {
  std::erase(options_.tracked_origins, origin);
}

// ---- observers

UndoManager::Token UndoManager::listen(About about, Observer callback) {
  listeners_.push_back({++last_token_, about, std::move(callback)});
  return last_token_;
}

UndoManager::Token UndoManager::on_added(Observer callback) {
  return listen(About::kAdded, std::move(callback));
}

UndoManager::Token UndoManager::on_updated(Observer callback) {
  return listen(About::kUpdated, std::move(callback));
}

UndoManager::Token UndoManager::on_popped(Observer callback) {
  return listen(About::kPopped, std::move(callback));
}

UndoManager::Token UndoManager::on_cleared(std::function<void(bool, bool)> callback) {
  clear_listeners_.push_back({++last_token_, std::move(callback)});
  return last_token_;
}

void UndoManager::off(Token token) {
  const auto matches = [token](const auto& listener) { return listener.token == token; };
  std::erase_if(listeners_, matches);
  std::erase_if(clear_listeners_, matches);
}

void UndoManager::tell(About about, const UndoEvent& event) const {
  const std::vector<Listener> listeners = listeners_;  // a copy: it may change during the calls
  for (const Listener& listener : listeners)
    if (listener.about == about) listener.callback(event);
}

// ---- scope

bool UndoManager::in_scope(const Item& item) const {
  if (whole_doc_) return true;
  for (TypeIndex type = item.parent;;) {
    if (std::ranges::find(scope_, type, &Type::index) != scope_.end()) return true;
    const Handle holder = engine_.type(type).item;
    if (holder == kNoItem) return false;
    type = engine_.store[holder].parent;
  }
}

bool UndoManager::concerns_scope(const Transaction& transaction) const {
  if (whole_doc_) return transaction.has_content();
  return std::ranges::any_of(transaction.concerned, [&](TypeIndex type) {
    return std::ranges::find(scope_, type, &Type::index) != scope_.end();
  });
}

template <typename Visit>
void UndoManager::visit_items(Transaction& transaction, const UndoIds& ids, Visit&& visit) {
  for (const ClientId client : ids.order()) {
    const ClientIndex index = engine_.store.clients.find(client);
    for (const ClockRange& range : *ids.ids().find(client)) {
      engine_.visit_structs(transaction, index, range, [&](Handle handle) {
        if (!engine_.store[handle].is_gc()) visit(handle);
      });
    }
  }
}

// ---- recording

UndoIds UndoManager::insertions_of(const Transaction& transaction) const {
  const ClientTable& clients = engine_.store.clients;
  std::vector<Transaction::Advance> advances = transaction.advances;
  std::ranges::sort(advances, {}, [&](const Transaction::Advance& advance) {
    return clients[advance.client].rank;
  });
  UndoIds ids;
  for (const auto& [client, before, after] : advances)
    if (after > before) ids.add(clients[client].id, before, after - before);
  return ids;
}

UndoIds UndoManager::deletions_of(const Transaction& transaction) const {
  const ClientTable& clients = engine_.store.clients;
  const auto& deleted = transaction.deleted;
  UndoIds ids;
  const auto add = [&](const Transaction::DeletedRange& range) {
    ids.add(clients[range.client].id, range.clock, range.len);
  };
  if (transaction.deleted_clients.empty()) std::ranges::for_each(deleted, add);
  for (const ClientIndex client : transaction.deleted_clients) {
    std::ranges::for_each(
        std::ranges::equal_range(deleted, client, {}, &Transaction::DeletedRange::client), add);
  }
  return ids;
}

void UndoManager::after_transaction(Transaction& transaction) {
  if (&transaction == popping_) popped_changed_ = changed_types(engine_, transaction);
  if (!concerns_scope(transaction)) return;
  const std::vector<Origin>& tracked = options_.tracked_origins;
  if (std::ranges::find(tracked, transaction.origin) == tracked.end()) return;
  capture(transaction);
}

// True if a change at this moment joins the last step of the stack.
bool UndoManager::joins_last_step(const Stack& stack) {
  if (mode_ != Mode::kIdle) return false;
  const std::uint64_t now = options_.now_ms ? options_.now_ms() : 0;
  const std::optional<std::uint64_t> before = std::exchange(last_change_, now);
  const bool soon = before && (now < *before ? options_.capture_timeout_ms > 0
                                             : now - *before < options_.capture_timeout_ms);
  return soon && !stack.empty();
}

void UndoManager::capture(Transaction& transaction) {
  const std::vector<Type> changed = changed_types(engine_, transaction);
  if (options_.capture_transaction &&
      !options_.capture_transaction({transaction.origin, transaction.local, changed}))
    return;
  const bool undoing = mode_ == Mode::kUndoing;
  if (undoing) stop_capturing();
  if (mode_ == Mode::kIdle) clear(false, true);

  Stack& stack = undoing ? redo_ : undo_;
  const UndoIds deletions = deletions_of(transaction);
  const bool joined = joins_last_step(stack);
  if (!joined) stack.push_back(std::make_shared<UndoStep>());
  const std::shared_ptr<UndoStep> step = stack.back();
  step->insertions.add(insertions_of(transaction));
  step->deletions.add(deletions);
  visit_items(transaction, deletions, [&](Handle item) {
    if (in_scope(engine_.store[item])) engine_.keep(item, true);
  });
  tell(joined ? About::kUpdated : About::kAdded,
       {*step, undoing ? UndoEvent::Stack::kRedo : UndoEvent::Stack::kUndo, transaction.origin,
        changed});
}

void UndoManager::release(Transaction& transaction, Stack& stack) {
  for (const std::shared_ptr<UndoStep>& step : std::exchange(stack, {})) {
    visit_items(transaction, step->deletions, [&](Handle item) {
      if (in_scope(engine_.store[item])) engine_.keep(item, false);
    });
  }
}

void UndoManager::clear(bool undo_stack, bool redo_stack) {
  if (!(undo_stack && can_undo()) && !(redo_stack && can_redo())) return;
  engine_.transact([&](Transaction& transaction) {
    if (undo_stack) release(transaction, undo_);
    if (redo_stack) release(transaction, redo_);
    const std::vector<ClearListener> listeners = clear_listeners_;
    for (const ClearListener& listener : listeners) listener.callback(undo_stack, redo_stack);
  });
}

// ---- undoing

bool UndoManager::undo() {
  return pop(undo_, Mode::kUndoing);
}

bool UndoManager::redo() {
  return pop(redo_, Mode::kRedoing);
}

bool UndoManager::pop(Stack& stack, Mode mode) {
  if (mode_ != Mode::kIdle) return false;
  mode_ = mode;
  popped_changed_.clear();
  std::shared_ptr<UndoStep> effective;
  engine_.transact(
      [&](Transaction& transaction) {
        popping_ = &transaction;
        while (!stack.empty() && effective == nullptr) {
          const std::shared_ptr<UndoStep> step = std::move(stack.back());
          stack.pop_back();
          if (revert(transaction, *step)) effective = step;
        }
      },
      origin_);
  popping_ = nullptr;
  if (effective != nullptr) {
    const auto from = mode == Mode::kUndoing ? UndoEvent::Stack::kUndo : UndoEvent::Stack::kRedo;
    const std::vector<Type> changed = std::move(popped_changed_);
    tell(About::kPopped, {*effective, from, origin_, changed});
  }
  mode_ = Mode::kIdle;
  return effective != nullptr;
}

// Undoes what a step did; true if anything happened.
bool UndoManager::revert(Transaction& transaction, const UndoStep& step) {
  const std::vector<Handle> doomed = items_to_delete(transaction, step);
  RedoPass redo(
      engine_,
      {.is_ours = [&](Id id) { return step.insertions.contains(id) || deleted_by_a_step(id); },
       .overwrite_map_changes = options_.ignore_remote_map_changes});
  plan_redo(transaction, step, redo);
  bool effect = redo.run();
  // Backwards, so that children come before the types that contain them and the filter sees more.
  for (const Handle item : std::views::reverse(doomed)) {
    if (!may_delete(item)) continue;
    engine_.remove(item);
    effect = true;
  }
  return effect;
}

// What the step inserted, as far as it is still there or was brought back.
std::vector<Handle> UndoManager::items_to_delete(Transaction& transaction, const UndoStep& step) {
  std::vector<Handle> items;
  visit_items(transaction, step.insertions, [&](Handle handle) {
    const Handle now = newest_copy(engine_, handle);
    if (!engine_.store[now].deleted && in_scope(engine_.store[now])) items.push_back(now);
  });
  return items;
}

// Plans to bring back what the step deleted, except what the step itself had inserted.
void UndoManager::plan_redo(Transaction& transaction, const UndoStep& step, RedoPass& redo) {
  const Store& store = engine_.store;
  visit_items(transaction, step.deletions, [&](Handle item) {
    if (in_scope(store[item]) && !step.insertions.contains(store.id(store[item].id())))
      redo.add(item);
  });
}

bool UndoManager::may_delete(Handle handle) {
  if (!options_.delete_filter) return true;
  const Store& store = engine_.store;
  const Item& item = store[handle];
  UndoDeletion deletion{store.id(item.id()), item.len, Type(&engine_, item.parent), {}, {}};
  if (item.keyed) deletion.key = store.keys[item.key()];
  if (item.kind() == BlockKind::kType) deletion.type = Type(&engine_, item.content);
  return options_.delete_filter(deletion);
}

bool UndoManager::deleted_by_a_step(Id id) const {
  const auto deletes = [&](const std::shared_ptr<UndoStep>& step) {
    return step->deletions.contains(id);
  };
  return std::ranges::any_of(undo_, deletes) || std::ranges::any_of(redo_, deletes);
}

}  // namespace syncline::crdt
