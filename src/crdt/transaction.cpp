#include "crdt/transaction.h"

#include <algorithm>
#include <utility>

namespace syncline::crdt {
namespace {

// Clearing a hash table costs what its capacity costs: a big one is not kept.
void clear_set(boost::unordered_flat_set<std::uint64_t>& set) {
  constexpr std::size_t kBig = 1024;
  if (set.empty()) return;
  if (set.size() > kBig) {
    set = {};
  } else {
    set.clear();
  }
}

}  // namespace

const Transaction::Advance* Transaction::find_advance(ClientIndex client) const {
  if (advances.size() <= kFewClients) {
    for (const Advance& advance : advances)
      if (advance.client == client) return &advance;
    return nullptr;
  }
  const auto found = advance_index_.find(client);
  return found == advance_index_.end() ? nullptr : &advances[found->second];
}

void Transaction::add_advance(ClientIndex client, Clock before) {
  advances.push_back({client, before, before});
  if (advances.size() <= kFewClients) return;
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
  using First = std::pair<ClientIndex, std::size_t>;  // and where it comes first
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

DeleteSet Transaction::delete_set(const ClientTable& clients) const {
  DeleteSet set;
  for (const DeletedRange& range : deleted)
    set.add(clients[range.client].id, range.clock, range.len);
  return set;
}

void Transaction::clear() {
  origin = 0;
  local = true;
  advances.clear();
  advance_index_.clear();
  deleted.clear();
  deleted_clients.clear();
  changed.clear();
  changed_index.clear();
  clear_set(changed_keys);
  merge_candidates.clear();
  concerned.clear();
  subdocs_added.clear();
  subdocs_removed.clear();
  subdocs_loaded.clear();
  needs_formatting_cleanup = false;
}

}  // namespace syncline::crdt
