// Subdocuments: the engine stores their guids and options and reports when they are added and
// removed. The application loads them.
#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/engine.h"
#include "crdt/packed.h"

namespace syncline::crdt {
namespace {

bool wants_loading(const Any& options) {
  const auto is_true = [&](std::string_view name) {
    const Any* value = options.find(name);
    return value != nullptr && std::get_if<bool>(&value->value()) != nullptr &&
           std::get<bool>(value->value());
  };
  return is_true("shouldLoad") || is_true("autoLoad");
}

}  // namespace

Subdoc Engine::subdoc(const Item& item) const {
  Result<Any> options = unpack(store.named_value(item));
  return {std::string(store.keys[store.name(item)]), options ? std::move(*options) : Any()};
}

void Engine::note_subdoc_added(const Item& item, bool made_here) {
  Subdoc added = subdoc(item);
  // A subdocument that was made here counts as loaded. One that came in an update does not.
  if (made_here || wants_loading(added.options)) current_->subdocs_loaded.push_back(added);
  current_->subdocs_added.push_back({item.id(), std::move(added)});
}

Engine::HeldSubdoc* Engine::find_subdoc(std::string_view guid) {
  if (!subdocs_.exists()) return nullptr;
  std::vector<HeldSubdoc>& all = subdocs_.make();
  const auto found = std::ranges::find(
      all, guid, [](const HeldSubdoc& held) -> std::string_view { return held.subdoc.guid; });
  return found == all.end() ? nullptr : &*found;
}

// Removals come first: a subdocument that is unloaded is removed and added again. A guid that is
// removed several times, as several subdocuments may have it, loses its first holders.
void Engine::keep_subdocs(const Transaction& transaction) {
  store.work += subdocs_->size() + transaction.subdocs_removed.size() +
                transaction.subdocs_added.size() + transaction.subdocs_loaded.size();
  boost::unordered_flat_map<std::string_view, std::size_t> removed;
  for (const Subdoc& subdoc : transaction.subdocs_removed) ++removed[subdoc.guid];
  if (!removed.empty())
    std::erase_if(subdocs_.make(), [&](const HeldSubdoc& held) {
      const auto found = removed.find(held.subdoc.guid);
      if (found == removed.end() || found->second == 0) return false;
      --found->second;
      return true;
    });
  for (const AddedSubdoc& added : transaction.subdocs_added)
    subdocs_.make().push_back({added.subdoc, false});
  boost::unordered_flat_set<std::string_view> loaded;
  for (const Subdoc& subdoc : transaction.subdocs_loaded) loaded.insert(subdoc.guid);
  if (loaded.empty()) return;
  for (HeldSubdoc& held : subdocs_.make()) held.loaded |= loaded.contains(held.subdoc.guid);
}

Result<void> Engine::load_subdoc(std::string_view guid) {
  HeldSubdoc* held = find_subdoc(guid);
  if (held == nullptr) return fail(ErrorCode::kNotFound, "no such subdocument");
  if (std::exchange(held->loaded, true)) return {};
  transact([&](Transaction& transaction) { transaction.subdocs_loaded.push_back(held->subdoc); });
  return {};
}

Result<void> Engine::unload_subdoc(std::string_view guid) {
  const HeldSubdoc* held = find_subdoc(guid);
  if (held == nullptr) return fail(ErrorCode::kNotFound, "no such subdocument");
  transact([subdoc = held->subdoc](Transaction& transaction) {
    transaction.subdocs_removed.push_back(subdoc);
    transaction.subdocs_added.push_back({{}, subdoc});
  });
  return {};
}

void Engine::note_subdoc_removed(const Item& item) {
  if (!current_->adds(item.id())) {
    current_->subdocs_removed.push_back(subdoc(item));
    return;
  }
  // It was added in this transaction, so nothing happened. Notes the item, because several
  // subdocuments may have the same guid.
  current_->subdocs_gone.push_back(item.id());
}

}  // namespace syncline::crdt
