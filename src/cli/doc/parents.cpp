#include "cli/doc/parents.h"

#include <algorithm>

namespace syncline::cli {

using crdt::Block;
using crdt::ParentKind;

Parents::Parents(const crdt::DecodedUpdate& update)
    : update_(update),
      by_client_(update.clients),
      parents_(update.blocks.size()),
      known_(update.blocks.size()) {
  std::sort(by_client_.begin(), by_client_.end(),
            [](const auto& a, const auto& b) { return a.client < b.client; });
  for (std::size_t i = 0; i < update.blocks.size(); ++i) resolve(i);
}

std::optional<std::size_t> Parents::find(crdt::Id id) const {
  const auto client = std::lower_bound(
      by_client_.begin(), by_client_.end(), id.client,
      [](const auto& entry, crdt::ClientId wanted) { return entry.client < wanted; });
  if (client == by_client_.end() || client->client != id.client) return std::nullopt;
  const auto first = update_.blocks.begin() + client->first;
  const auto last = first + client->count;
  const auto block = std::partition_point(
      first, last, [&](const Block& candidate) { return candidate.end() <= id.clock; });
  if (block == last || block->clock > id.clock) return std::nullopt;
  return static_cast<std::size_t>(block - update_.blocks.begin());
}

std::optional<std::size_t> Parents::neighbour(const Block& block) const {
  if (!block.is_item()) return std::nullopt;
  if (block.has_origin) return find(block.origin);
  if (block.has_right_origin) return find(block.right_origin);
  return std::nullopt;
}

void Parents::resolve(std::size_t index) {
  std::vector<std::size_t> asking;
  Parent answer;
  for (std::optional<std::size_t> at = index; at; at = neighbour(update_.blocks[*at])) {
    const Block& block = update_.blocks[*at];
    if (known_[*at]) {
      answer = parents_[*at];
      break;
    }
    known_[*at] = true;  // also ends a circle, which damaged origins could form
    asking.push_back(*at);
    if (block.is_item() && block.parent_kind != ParentKind::kNone) {
      answer = {.kind = block.parent_kind,
                .root = block.parent_name,
                .item = block.parent_id,
                .key = block.parent_sub,
                .has_key = block.has_parent_sub};
      break;
    }
  }
  for (const std::size_t asked : asking) parents_[asked] = answer;
}

}  // namespace syncline::cli
