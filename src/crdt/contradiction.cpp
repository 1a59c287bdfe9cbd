#include "crdt/contradiction.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/utf8.h"
#include "crdt/packed.h"

namespace syncline::crdt {
namespace {

// The common clocks of a block and an item.
struct Overlap {
  Clock begin;
  Clock end;
};

std::string_view slice(std::string_view text, Clock begin, Clock end) {
  bool inside_pair = false;
  const std::size_t first = utf16_offset(text, begin, inside_pair);
  const std::size_t last = utf16_offset(text, end, inside_pair);
  return text.substr(first, last - first);
}

// The n-th of the packed values that stand one after another in `values`, and how many from there.
ByteView values_slice(ByteView values, Clock begin, Clock end) {
  ByteReader in(values);
  for (Clock i = 0; i < begin; ++i) (void)skip_any(in);
  const std::size_t start = in.position();
  for (Clock i = begin; i < end; ++i) (void)skip_any(in);
  return in.since(start);
}

bool contradicts(std::string_view ours, std::string_view theirs) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  return ours != theirs && ours.find(kReplacement) == std::string_view::npos &&
         theirs.find(kReplacement) == std::string_view::npos;
}

bool contradicts(const Store& store, const Item& item, const Block& block, Overlap common) {
  if (item.deleted || item.kind() != block.kind) return false;
  const Clock ours = common.begin - item.clock;
  const Clock theirs = common.begin - block.clock;
  const Clock length = common.end - common.begin;
  switch (block.kind) {
    case BlockKind::kString:
      return contradicts(slice(store.text(item), ours, ours + length),
                         slice(as_text(block.payload), theirs, theirs + length));
    case BlockKind::kAny:
      return !std::ranges::equal(values_slice(store.values(item), ours, ours + length),
                                 values_slice(block.payload, theirs, theirs + length));
    case BlockKind::kBinary: return !std::ranges::equal(store.values(item), block.payload);
    default: return false;
  }
}

}  // namespace

std::optional<Id> find_contradiction(const Store& store, const DecodedUpdate& update) {
  for (const DecodedUpdate::ClientBlocks& client_blocks : update.clients) {
    const ClientIndex index = store.clients.find(client_blocks.client);
    if (index == kNoClient) continue;
    const ClientState& client = store.clients[index];
    for (std::uint32_t i = 0; i < client_blocks.count; ++i) {
      const Block& block = update.blocks[client_blocks.first + i];
      if (block.clock >= client.clock) break;
      if (!block.is_item() || block.kind == BlockKind::kDeleted) continue;
      const Clock known_end = std::min(block.end(), client.clock);
      for (Clock clock = block.clock; clock < known_end;) {
        const Item& item = store[client.structs.find(clock)];
        const Overlap common{clock, std::min(item.end(), known_end)};
        if (contradicts(store, item, block, common)) return Id{client_blocks.client, clock};
        clock = item.end();
      }
    }
  }
  return std::nullopt;
}

}  // namespace syncline::crdt
