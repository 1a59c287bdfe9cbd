#include "crdt/update_join.h"

#include <optional>

#include "base/byte_writer.h"
#include "crdt/small_update.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

constexpr std::uint8_t kTextInfo = static_cast<std::uint8_t>(BlockKind::kString);

// True if `next` continues the text that `first` began and that ends before clock `end`.
bool continues(const Block& first, Clock end, const Block& next) {
  return next.client == first.client && next.clock == end && next.has_origin &&
         next.origin == Id{first.client, end - 1} &&
         next.has_right_origin == first.has_right_origin &&
         (!next.has_right_origin || next.right_origin == first.right_origin);
}

void write_joined_id(ByteWriter& out, Id id) {
  out.var_uint(id.client);
  out.var_uint(id.clock);
}

// An update with the block `first`, but with another text.
Bytes text_update(const Block& first, ByteView text) {
  ByteWriter out;
  out.u8(1);  // client
  out.u8(1);  // block
  write_joined_id(out, first.id());
  out.u8(static_cast<std::uint8_t>(kTextInfo | (first.has_origin ? kHasOrigin : 0) |
                                   (first.has_right_origin ? kHasRightOrigin : 0)));
  if (first.has_origin) write_joined_id(out, first.origin);
  if (first.has_right_origin) write_joined_id(out, first.right_origin);
  out.var_buffer(text);
  out.u8(0);  // clients with deletions
  return out.take();
}

std::optional<Bytes> join_texts(const SmallUpdate& first, std::span<const ByteView> rest) {
  Bytes text = to_bytes(first.block.payload);
  Clock end = first.block.end();
  for (const ByteView update : rest) {
    SmallUpdate next;
    if (!read_small_update(update, next) || next.deleted.len > 0) return std::nullopt;
    if (!continues(first.block, end, next.block) || next.block.len > kMaxClock - end)
      return std::nullopt;
    text.insert(text.end(), next.block.payload.begin(), next.block.payload.end());
    end = next.block.end();
  }
  return text_update(first.block, text);
}

// Ranges that touch, as when somebody holds a key that deletes.
std::optional<Bytes> join_deletions(const SmallUpdate& first, std::span<const ByteView> rest) {
  ClockRange range = first.deleted;
  for (const ByteView update : rest) {
    SmallUpdate next;
    if (!read_small_update(update, next) || next.block.client != first.block.client)
      return std::nullopt;
    if (next.deleted.len == 0) return std::nullopt;
    if (next.deleted.clock == range.clock + range.len) {
      range.len += next.deleted.len;
    } else if (next.deleted.clock + next.deleted.len == range.clock) {
      range = {next.deleted.clock, range.len + next.deleted.len};
    } else {
      return std::nullopt;
    }
  }
  Bytes joined;
  write_small_deletion(first.block.client, range, joined);
  return joined;
}

}  // namespace

Result<Bytes> join_updates(std::span<const ByteView> updates) {
  SmallUpdate first;
  if (!updates.empty() && read_small_update(updates.front(), first)) {
    auto joined = first.deleted.len > 0 ? join_deletions(first, updates.subspan(1))
                                        : join_texts(first, updates.subspan(1));
    if (joined) return *std::move(joined);
  }
  return merge_updates(updates, UpdateVersion::kV1);
}

}  // namespace syncline::crdt
