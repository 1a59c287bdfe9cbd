#include "crdt/transaction.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/container/small_vector.hpp>

namespace syncline::crdt {
namespace {

// The cost of clearing a hash table depends on its capacity, so a large table is not kept.
template <typename Table>
void clear_table(Table& table) {
  constexpr std::size_t kBig = 1024;
  if (table.empty()) return;
  if (table.size() > kBig) {
    table = {};
  } else {
    table.clear();
  }
}

// A document that was loaded must not keep a list of all its deletions.
template <typename Entry>
void clear_list(std::vector<Entry>& list) {
  constexpr std::size_t kBig = 1024;
  if (list.capacity() > kBig) list = std::vector<Entry>();  // = {} keeps the memory
  list.clear();
}

void clear_bytes(Bytes& bytes) {
  constexpr std::size_t kBig = 64 * 1024;
  if (bytes.capacity() > kBig) bytes = Bytes();
  bytes.clear();
}

std::uint64_t key_slot(TypeIndex type, KeyIndex key) {
  return static_cast<std::uint64_t>(type) << 32 | key;
}

}  // namespace

const Transaction::Advance* Transaction::find_advance_indexed(ClientIndex client) const {
  const auto found = advance_index_.find(client);
  return found == advance_index_.end() ? nullptr : &advances[found->second];
}

void Transaction::add_advance(ClientIndex client, Clock before) {
  advances.push_back({client, before, before});
  if (advances.size() <= kFew) return;
  if (advance_index_.empty()) {
    for (std::uint32_t i = 0; i < advances.size(); ++i)
      advance_index_.emplace(advances[i].client, i);
  } else {
    advance_index_.emplace(client, static_cast<std::uint32_t>(advances.size() - 1));
  }
}

bool Transaction::deletes(DenseId id) const {
  const auto behind = std::upper_bound(
      deleted.begin(), deleted.end(), id, [](const DenseId& a, const DeletedRange& b) {
        return a.client != b.client ? a.client < b.client : a.clock < b.clock;
      });
  if (behind == deleted.begin()) return false;
  const DeletedRange& range = *(behind - 1);
  return range.client == id.client && id.clock - range.clock < range.len;
}

void Transaction::note_deleted_clients() {
  using First = std::pair<ClientIndex, std::size_t>;  // a client, and the index of its first entry
  std::vector<First> firsts;
  for (std::size_t i = 0; i < deleted.size(); ++i) {
    if (i == 0 || deleted[i].client != deleted[i - 1].client)
      firsts.emplace_back(deleted[i].client, i);
  }
  std::sort(firsts.begin(), firsts.end());
  const auto same_client = [](const First& a, const First& b) { return a.first == b.first; };
  firsts.erase(std::unique(firsts.begin(), firsts.end(), same_client), firsts.end());
  std::sort(firsts.begin(), firsts.end(),
            [](const First& a, const First& b) { return a.second < b.second; });
  deleted_clients.clear();
  for (const First& first : firsts) deleted_clients.push_back(first.first);
}

void Transaction::sort_deleted() {
  if (deleted.size() < 2) return;
  const auto before = [](const DeletedRange& a, const DeletedRange& b) {
    return a.client != b.client ? a.client < b.client : a.clock < b.clock;
  };
  if (!std::is_sorted(deleted.begin(), deleted.end(), before)) {
    note_deleted_clients();
    std::sort(deleted.begin(), deleted.end(), before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 1; i < deleted.size(); ++i) {
    DeletedRange& last = deleted[kept];
    const DeletedRange& range = deleted[i];
    if (range.client == last.client && range.clock <= last.clock + last.len) {
      last.len = std::max(last.len, range.clock + range.len - last.clock);
    } else {
      deleted[++kept] = range;
    }
  }
  deleted.resize(kept + 1);
}

// Yjs writes the highest client first.
void Transaction::write_deleted(const ClientTable& clients, DeleteSetWriter out) const {
  struct Part {
    ClientId client;
    std::size_t first;
    std::size_t count;
  };
  boost::container::small_vector<Part, kFew> parts;
  for (std::size_t i = 0; i < deleted.size(); ++i) {
    if (i == 0 || deleted[i].client != deleted[i - 1].client)
      parts.push_back({clients[deleted[i].client].id, i, 0});
    ++parts.back().count;
  }
  if (parts.size() > 1) std::ranges::sort(parts, std::ranges::greater(), &Part::client);
  out.begin(parts.size());
  for (const Part& part : parts) {
    out.begin_client(part.client, part.count);
    for (std::size_t i = part.first; i < part.first + part.count; ++i)
      out.range({deleted[i].clock, deleted[i].len});
  }
}

ChangedType* Transaction::find_changed(TypeIndex type) {
  if (changed.size() > kFew) {
    const auto found = changed_index_.find(type);
    return found == changed_index_.end() ? nullptr : &changed[found->second];
  }
  for (ChangedType& entry : changed)
    if (entry.type == type) return &entry;
  return nullptr;
}

ChangedType& Transaction::change(TypeIndex type) {
  if (!changed.empty() && changed.back().type == type) return changed.back();
  if (ChangedType* found = find_changed(type)) return *found;
  changed.emplace_back().type = type;
  if (changed.size() > kFew) {
    for (std::size_t i = changed_index_.size(); i < changed.size(); ++i)
      changed_index_.emplace(changed[i].type, static_cast<std::uint32_t>(i));
  }
  return changed.back();
}

void Transaction::change_key(ChangedType& entry, KeyIndex key) {
  std::vector<KeyIndex>& keys = entry.keys;
  if (keys.size() <= kFew) {
    if (std::ranges::find(keys, key) != keys.end()) return;
    keys.push_back(key);
    if (keys.size() <= kFew) return;
    for (const KeyIndex known : keys) changed_keys_.insert(key_slot(entry.type, known));
  } else if (changed_keys_.insert(key_slot(entry.type, key)).second) {
    keys.push_back(key);
  }
}

void Transaction::drop_gone_subdocs() {
  const auto before = [](DenseId a, DenseId b) {
    return a.client != b.client ? a.client < b.client : a.clock < b.clock;
  };
  std::ranges::sort(subdocs_gone, before);
  std::erase_if(subdocs_added, [&](const AddedSubdoc& added) {
    return std::ranges::binary_search(subdocs_gone, added.item, before);
  });
  subdocs_gone.clear();
}

void Transaction::clear_tables() {
  clear_table(advance_index_);
  clear_table(changed_index_);
  clear_table(changed_keys_);
}

// Runs after every key press, so it does not touch what was not used.
void Transaction::clear() {
  origin = 0;
  local = true;
  moved_border = false;
  settled = false;
  needs_formatting_cleanup = false;
  if (!changed_keys_.empty() || advances.size() > kFew || changed.size() > kFew) clear_tables();
  advances.clear();
  clear_list(deleted);
  deleted_clients.clear();
  clear_list(changed);
  clear_list(merge_candidates);
  concerned.clear();
  if (has_subdocs()) {
    subdocs_added.clear();
    subdocs_removed.clear();
    subdocs_loaded.clear();
  }
  if (!update_v1.empty()) clear_bytes(update_v1);
  if (!update_v2.empty()) clear_bytes(update_v2);
}

}  // namespace syncline::crdt
