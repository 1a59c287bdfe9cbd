#include "crdt/events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/engine.h"
#include "crdt/touched_items.h"

namespace syncline::crdt {
namespace {

TypeIndex parent_of(const Engine& engine, TypeIndex type) {
  const Handle item = engine.type(type).item;
  return item == kNoItem ? kNoType : engine.store[item].parent;
}

// The last value of an item that is, or was, a map entry.
Value last_value(Engine& engine, Handle item) {
  return engine.value_at(engine.store[item], engine.store[item].len - 1);
}

// What happened to a key in total; empty if nothing changed.
std::optional<KeyChange> key_change(Engine& engine, const Transaction& transaction, TypeIndex type,
                                    KeyIndex key) {
  const Store& store = engine.store;
  const Handle item = store.types.value(type, key);
  if (item == kNoItem) return std::nullopt;
  KeyChange change{std::string(store.keys[key]), KeyChange::Action::kDelete, std::nullopt};
  if (!transaction.adds(store[item].id())) {
    if (!transaction.deletes(store[item].id())) return std::nullopt;
    change.old_value = last_value(engine, item);
    return change;
  }
  Handle before = store[item].left;
  while (before != kNoItem && transaction.adds(store[before].id())) before = store[before].left;
  const bool had_value = before != kNoItem && transaction.deletes(store[before].id());
  if (had_value) change.old_value = last_value(engine, before);
  if (transaction.deletes(store[item].id())) {
    if (!had_value) return std::nullopt;
  } else {
    change.action = had_value ? KeyChange::Action::kUpdate : KeyChange::Action::kAdd;
  }
  return change;
}

}  // namespace

Delta sequence_delta(Engine& engine, const Transaction& transaction, TypeIndex type) {
  Delta delta;
  const auto op = [&delta](DeltaOp::Kind kind) -> DeltaOp& {
    if (delta.empty() || delta.back().kind != kind) {
      delta.push_back({.kind = kind, .length = 0, .text = {}, .values = {}, .attributes = {}});
    }
    return delta.back();
  };
  const auto visit = [&](const Item& item) {
    const bool added = transaction.adds(item.id());
    if (item.deleted) {
      if (!added && transaction.deletes(item.id())) op(DeltaOp::Kind::kDelete).length += item.len;
    } else if (!added) {
      op(DeltaOp::Kind::kRetain).length += item.len;
    } else {
      DeltaOp& insert = op(DeltaOp::Kind::kInsert);
      for (Clock i = 0; item.countable() && i < item.len; ++i) {
        insert.values.push_back(engine.value_at(item, i));
      }
    }
  };
  const Sequence& sequence = engine.type(type).sequence;
  Handle next = sequence.first;
  std::optional<std::vector<Handle>> touched;
  if (!sequence.formatted) touched = touched_items(engine, transaction, type);
  if (touched) {
    for (const Handle item : *touched) {
      const std::uint32_t kept = next == item ? 0 : visible_between(engine, type, next, item);
      if (kept > 0) op(DeltaOp::Kind::kRetain).length += kept;
      visit(engine.store[item]);
      next = engine.store[item].right;
    }
  } else {
    for (; next != kNoItem; next = engine.store[next].right) visit(engine.store[next]);
  }
  if (!delta.empty() && delta.back().kind == DeltaOp::Kind::kRetain) delta.pop_back();
  return delta;
}

// ---- registration

std::uint64_t TypeObservers::observe(TypeIndex type, Shallow callback) {
  const std::uint64_t token = engine_.new_token();
  shallow_[type].push_back({token, std::move(callback)});
  return token;
}

std::uint64_t TypeObservers::observe_deep(TypeIndex type, Deep callback) {
  const std::uint64_t token = engine_.new_token();
  deep_[type].push_back({token, std::move(callback)});
  return token;
}

template <typename Callback>
bool TypeObservers::remove(Table<Callback>& table, std::uint64_t token) {
  for (auto entry = table.begin(); entry != table.end(); ++entry) {
    const auto matches = [token](const Observer<Callback>& observer) {
      return observer.token == token;
    };
    if (std::erase_if(entry->second, matches) == 0) continue;
    if (entry->second.empty()) table.erase(entry);
    return true;
  }
  return false;
}

bool TypeObservers::off(std::uint64_t token) {
  return remove(shallow_, token) || remove(deep_, token);
}

std::uint64_t Type::observe(std::function<void(const TypeEvent&)> callback) {
  return engine_->type_observers().observe(index_, std::move(callback));
}

std::uint64_t Type::observe_deep(std::function<void(const std::vector<TypeEvent>&)> callback) {
  return engine_->type_observers().observe_deep(index_, std::move(callback));
}

// ---- firing

class TypeObservers::Round {
 public:
  Round(TypeObservers& observers, Transaction& transaction, bool collect)
      : engine_(observers.engine_),
        observers_(observers),
        transaction_(transaction),
        collect_(collect) {}

  void run() {
    // Observers may make changes, but those belong to other transactions. So this list does not
    // change.
    events_.reserve(transaction_.changed.size());
    for (const ChangedType& changed : transaction_.changed) {
      if (changed.dropped || engine_.is_deleted(changed.type)) continue;
      if (engine_.type(changed.type).kind == TypeKind::kUndefined) continue;
      announce(changed);
      fire_shallow();
    }
    for (std::size_t i = 0; i < concerned_.size(); ++i) fire_deep(i);
  }

 private:
  struct Event {
    const ChangedType* changed;
    std::optional<TypeEvent> built;
  };
  // A type with changes in it or below it, and these changes.
  struct Concerned {
    TypeIndex type;
    std::vector<std::size_t> events;
  };

  void announce(const ChangedType& changed) {
    events_.push_back({&changed, std::nullopt});
    if (collect_) collect(changed.type);
    for (TypeIndex type = changed.type; type != kNoType; type = parent_of(engine_, type)) {
      if (!observers_.deep_.contains(type)) continue;
      const auto found = std::ranges::find(concerned_, type, &Concerned::type);
      Concerned& concerned = found == concerned_.end() ? concerned_.emplace_back(type) : *found;
      concerned.events.push_back(events_.size() - 1);
    }
  }

  void collect(TypeIndex type) {
    for (; type != kNoType && collected_.insert(type).second; type = parent_of(engine_, type))
      transaction_.concerned.push_back(type);
  }

  void fire_shallow() {
    Event& event = events_.back();
    const auto found = observers_.shallow_.find(event.changed->type);
    if (found == observers_.shallow_.end()) return;
    const auto callbacks = found->second;  // a copy: the list may change during the calls
    TypeEvent& built = build(event);
    built.path = path(event.changed->type, event.changed->type);
    for (const auto& observer : callbacks) observer.callback(built);
  }

  void fire_deep(std::size_t index) {
    const TypeIndex type = concerned_[index].type;
    const auto found = observers_.deep_.find(type);
    if (found == observers_.deep_.end() || engine_.is_deleted(type)) return;
    const auto callbacks = found->second;
    std::vector<TypeEvent> events;
    for (const std::size_t i : concerned_[index].events) {
      const TypeIndex target = events_[i].changed->type;
      if (engine_.is_deleted(target)) continue;
      events.push_back(build(events_[i]));
      events.back().path = path(type, target);
    }
    std::ranges::stable_sort(events, {},
                             [](const TypeEvent& event) { return event.path.steps.size(); });
    for (const auto& observer : callbacks) observer.callback(events);
  }

  TypeEvent& build(Event& event) {
    if (event.built) return *event.built;
    const ChangedType& changed = *event.changed;
    TypeEvent& out = event.built.emplace();
    out.target = Type(&engine_, changed.type);
    out.origin = transaction_.origin;
    out.local = transaction_.local;
    for (const KeyIndex key : changed.keys) {
      if (auto change = key_change(engine_, transaction_, changed.type, key))
        out.keys.push_back(*std::move(change));
    }
    if (is_text(engine_.type(changed.type).kind)) {
      out.delta = text_delta(engine_, transaction_, changed.type);
    } else if (changed.sequence) {
      out.delta = sequence_delta(engine_, transaction_, changed.type);
    }
    return out;
  }

  // The steps from an observed type down to a changed one.
  Path path(TypeIndex from, TypeIndex to) const {
    Path path;
    const auto step_from = [&](TypeIndex type) {
      const Handle handle = engine_.type(type).item;
      const Item& item = engine_.store[handle];
      if (item.keyed) {
        path.steps.emplace_back(std::string(engine_.store.keys[item.key()]));
      } else {
        path.steps.emplace_back(
            engine_.store.sequences.position(engine_.type(item.parent).sequence, handle));
      }
      return item.parent;
    };
    while (to != from) to = step_from(to);
    std::ranges::reverse(path.steps);
    while (!engine_.type(to).is_root()) to = engine_.store[engine_.type(to).item].parent;
    path.root = engine_.store.keys[engine_.type(to).name];
    return path;
  }

  Engine& engine_;
  TypeObservers& observers_;
  Transaction& transaction_;
  bool collect_;
  boost::unordered_flat_set<TypeIndex> collected_;
  std::vector<Event> events_;
  std::vector<Concerned> concerned_;
};

void TypeObservers::fire(Transaction& transaction, bool collect) {
  Round(*this, transaction, collect).run();
}

void Engine::fire_events(Transaction& transaction) {
  const bool observed = is_observed(&Observed::transactions);
  if (type_observers_ && (observed || !type_observers_->empty()))
    type_observers_->fire(transaction, observed);
  note_formatting_cleanup(transaction);
  notify(&Observed::transactions, transaction);
}

void Engine::note_formatting_cleanup(Transaction& transaction) const {
  if (transaction.local || !options.clean_formats) return;
  transaction.needs_formatting_cleanup =
      std::ranges::any_of(transaction.changed, [&](const ChangedType& changed) {
        const TypeState& state = type(changed.type);
        return !changed.dropped && is_text(state.kind) && state.cleans_formats &&
               !is_deleted(changed.type);
      });
}

}  // namespace syncline::crdt
