// Subdocuments: the engine stores their guids and options and reports when they are added and
// removed. The application loads them.
#include <algorithm>
#include <iterator>
#include <utility>

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
  const auto found = std::ranges::find(
      subdocs_, guid, [](const HeldSubdoc& held) -> std::string_view { return held.subdoc.guid; });
  return found == subdocs_.end() ? nullptr : &*found;
}

// Removals come first: a subdocument that is unloaded is removed and added again.
void Engine::keep_subdocs(const Transaction& transaction) {
  for (const Subdoc& removed : transaction.subdocs_removed)
    if (const HeldSubdoc* held = find_subdoc(removed.guid); held != nullptr)
      subdocs_.erase(subdocs_.begin() + (held - subdocs_.data()));
  for (const AddedSubdoc& added : transaction.subdocs_added)
    subdocs_.push_back({added.subdoc, false});
  for (const Subdoc& loaded : transaction.subdocs_loaded)
    for (HeldSubdoc& held : subdocs_)
      if (held.subdoc.guid == loaded.guid) held.loaded = true;
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
  // It was added in this transaction, so nothing happened. Compares the item, because several
  // subdocuments may have the same guid.
  std::erase_if(current_->subdocs_added,
                [id = item.id()](const AddedSubdoc& added) { return added.item == id; });
}

}  // namespace syncline::crdt
