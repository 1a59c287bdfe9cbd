#include "store/leaf_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "store/tree.h"

namespace syncline::store {

Result<void> LeafCheck::check(const log::Event& event) {
  const bool continues = last_ && event.position == last_->position + 1;
  auto before = continues ? check_last({event.position, event.previous_hash}) : finish();
  if (!before) return before;
  if (auto ok = check_leaf(event); !ok || has_leaf(event.position)) return ok;
  last_ = {event.position, event.hash};
  return {};
}

Result<void> LeafCheck::finish() {
  if (!last_) return {};
  if (!cursor_) cursor_ = tables_.cursor(Family::kEvents, id_key(id_ + 1));
  const std::string key = event_key(id_, last_->position + 1);
  cursor_->seek(key);
  const bool found = cursor_->valid() && cursor_->key() == key;
  const auto next = found ? log::decode_link(as_bytes(cursor_->value())) : log::EventLink{};
  // A damaged or missing event proves nothing about this one. It is reported with its own object.
  if (next && next->position == last_->position + 1) return check_last(*next);
  last_.reset();
  return {};
}

Result<void> LeafCheck::check_last(const log::EventLink& next) {
  const Unproved last = *std::exchange(last_, std::nullopt);
  if (next.previous_hash == last.hash || is_mutated(Mutation::skip_chain_check)) return {};
  return fail(ErrorCode::kCorrupt,
              fmt::format("workspace {}, event {}: is not what event {} continues", workspace_,
                          last.position, next.position));
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
  // A damaged tile proves nothing about its events.
  if (!value && value.error().code == ErrorCode::kCorrupt) return {};
  if (!value) return fail_while(fmt::format("workspace {}", workspace_), value.error());
  if (*value && (*value)->size() == kTileHashes * sizeof(Hash256)) hashes_ = std::move(**value);
  return {};
}

bool LeafCheck::has_leaf(log::Position position) const {
  return !hashes_.empty() && tile_ == (position - 1) / kTileHashes;
}

}  // namespace syncline::store
