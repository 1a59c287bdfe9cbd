#include "store/leaf_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutation.h"
#include "log/read_check.h"
#include "store/tree.h"

namespace syncline::store {

Result<void> LeafCheck::check(const log::Event& event) {
  if (auto ok = check_leaf(event); !ok || has_leaf(event.position)) return ok;
  return check_next(event);
}

Result<void> LeafCheck::check_leaf(const log::Event& event) {
  if (is_mutated(Mutation::skip_chain_check)) return {};
  const std::uint64_t leaf = event.position - 1;
  if (auto ok = load_tile(leaf / kTileHashes); !ok) return ok;
  if (!has_leaf(event.position)) return {};
  const ByteView kept =
      as_bytes(hashes_).subspan(leaf % kTileHashes * sizeof(Hash256), sizeof(Hash256));
  if (std::ranges::equal(kept, event.hash)) return {};
  return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event {}: is not what the tree holds",
                                               workspace_, event.position));
}

Result<void> LeafCheck::load_tile(std::uint64_t tile) {
  if (tile_ == tile) return {};
  tile_ = tile;
  hashes_.clear();
  auto value = tables_.get(Family::kTree, tree_key(id_, 0, tile));
  // A tile that is damaged speaks neither for nor against its events.
  if (!value && value.error().code == ErrorCode::kCorrupt) return {};
  if (!value) return fail_while(fmt::format("workspace {}", workspace_), value.error());
  if (*value && (*value)->size() == kTileHashes * sizeof(Hash256)) hashes_ = std::move(**value);
  return {};
}

bool LeafCheck::has_leaf(log::Position position) const {
  return !hashes_.empty() && tile_ == (position - 1) / kTileHashes;
}

Result<void> LeafCheck::check_next(const log::Event& event) const {
  const auto record = tables_.get(Family::kEvents, event_key(id_, event.position + 1));
  if (!record || !*record) return {};
  // One that is damaged says nothing; that is its own object's affair.
  const auto next = log::decode_stored(workspace_, event.position + 1, as_bytes(**record));
  if (!next) return {};
  if (log::check_chained(workspace_, *next, event.position, event.hash)) return {};
  return fail(ErrorCode::kCorrupt,
              fmt::format("workspace {}, event {}: is not what event {} continues", workspace_,
                          event.position, next->position));
}

}  // namespace syncline::store
