// Deletion. Deleting a type deletes everything inside it, at any depth, without recursion.
#include "crdt/engine.h"

namespace syncline::crdt {

// A type whose children are being deleted, and the progress: first its sequence, then its keys.
struct Engine::RemovalFrame {
  TypeIndex type = kNoType;
  Handle next = kNoItem;
  EntryIndex entry = kNoEntry;
};

bool Engine::mark_deleted(Handle handle) {
  Item& item = store[handle];
  if (item.deleted) return false;
  item.deleted = true;
  if (!item.keyed) {
    Sequence& sequence = store.types[item.parent].sequence;
    if (item.countable())
      store.sequences.resize(sequence, handle, 0);
    else if (item.kind() == BlockKind::kFormat)
      store.sequences.drop_format(sequence, handle);
  }
  current_->moved_border = false;
  note_deleted(item.id(), item.len, item.parent, item.key());
  return true;
}

// Joins single deletions that follow each other, forwards or backwards, into one range.
void Engine::note_deleted(DenseId first, Clock len, TypeIndex parent, KeyIndex key) {
  std::vector<Transaction::DeletedRange>& deleted = current_->deleted;
  if (!deleted.empty() && deleted.back().client == first.client &&
      deleted.back().clock + deleted.back().len == first.clock) {
    deleted.back().len += len;
  } else if (!deleted.empty() && deleted.back().client == first.client &&
             first.clock + len == deleted.back().clock) {
    deleted.back().clock = first.clock;
    deleted.back().len += len;
  } else {
    deleted.push_back({first.client, first.clock, len});
  }
  ++changes_;
  if (key == kNoKey)
    mark_sequence_changed(parent);
  else
    mark_changed(parent, key);
}

// True if the struct next to the border (kNoItem: there is none) is forgotten, or will be forgotten
// at the end of this transaction because the transaction has just deleted it.
bool Engine::is_going(Handle handle, DenseId beside) const {
  if (handle == kNoItem) return false;
  if (store[handle].kind() == BlockKind::kDeleted) return true;
  if (current_->deleted.empty()) return false;
  const Transaction::DeletedRange& last = current_->deleted.back();
  return last.client == beside.client && beside.clock - last.clock < last.len;
}

// Deletes a part of a run next to what was deleted before, as the next press of backspace does.
// False if the general code must cut and delete; the result is the same. With observers, always
// false, because they need the cut.
bool Engine::erase_border(Handle handle, Clock offset, Clock len) {
  if (!options.gc || type_observers_ != nullptr) return false;
  const Item& item = store[handle];
  const DenseId first{item.client, item.clock + offset};
  const DenseId behind{item.client, first.clock + len};
  const bool at_end = offset + len == item.len;
  if (at_end) {
    if (!is_going(item.right, behind) || !store.give_end(handle, len)) return false;
  } else {
    if (offset > 0 || !is_going(item.left, {item.client, item.clock - 1}) ||
        !store.give_start(handle, len))
      return false;
  }
  current_->moved_border = current_->deleted.empty();
  note_deleted(first, len, item.parent, kNoKey);
  // The id after the cut, had there been a cut. If the same border has moved before, its last place
  // is now inside the deleted range, where no other pairs meet.
  const DenseId was = at_end ? behind : first;
  std::vector<DenseId>& candidates = current_->merge_candidates;
  if (candidates.empty() || candidates.back() != was) candidates.emplace_back();
  candidates.back() = at_end ? first : behind;
  return true;
}

void Engine::remove_content(const Item& item, std::vector<RemovalFrame>& open) {
  if (item.kind() == BlockKind::kType) {
    const TypeState& type = store.types[item.content];
    open.push_back({item.content, type.sequence.first, type.first_entry});
  } else if (item.kind() == BlockKind::kDoc) {
    note_subdoc_removed(item);
  }
}

bool Engine::next_child(RemovalFrame& frame, Handle& child) const {
  if (frame.next != kNoItem) {
    child = frame.next;
    frame.next = store[child].right;
    return true;
  }
  if (frame.entry != kNoEntry) {
    const MapEntry& entry = store.types.entry(frame.entry);
    child = entry.item;
    frame.entry = entry.next;
    return true;
  }
  return false;
}

void Engine::remove(Handle handle) {
  if (!mark_deleted(handle)) return;
  const BlockKind kind = store[handle].kind();
  if (kind != BlockKind::kType && kind != BlockKind::kDoc) return;
  std::vector<RemovalFrame> open;
  remove_content(store[handle], open);
  while (!open.empty()) {
    Handle child = kNoItem;
    if (!next_child(open.back(), child)) {
      ChangedType* changed = current_->find_changed(open.back().type);
      if (changed != nullptr) changed->dropped = true;
      open.pop_back();
    } else if (mark_deleted(child)) {
      remove_content(store[child], open);
    } else if (!current_->adds(store[child].id())) {
      // It was deleted earlier and is collected now. Only this entry makes the commit try to merge
      // it.
      current_->merge_candidates.push_back(store[child].id());
    }
  }
}

}  // namespace syncline::crdt
