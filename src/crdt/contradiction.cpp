#include "crdt/contradiction.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/utf8.h"
#include "crdt/packed.h"
#include "crdt/sorted_value.h"

namespace syncline::crdt {
namespace {

// Finds several places in one text. Fast if the places come in rising order: each search starts at
// the place before. In ASCII, nothing is searched.
class RisingUnits {
 public:
  // A text of so many UTF-16 units.
  void open(std::string_view text, Clock length) {
    text_ = text;
    length_ = length;
    units_ = 0;
    bytes_ = 0;
  }
  std::string_view slice(Clock begin, Clock end) {
    const std::size_t first = offset(begin);
    return text_.substr(first, offset(end) - first);
  }

 private:
  // Inside a surrogate pair: the beginning of the character.
  std::size_t offset(Clock units) {
    if (text_.size() == length_) return units;
    if (units < units_) open(text_, length_);
    bool inside_pair = false;
    bytes_ += utf16_offset(text_.substr(bytes_), units - units_, inside_pair);
    units_ = units - (inside_pair ? 1 : 0);
    return bytes_;
  }

  std::string_view text_;
  Clock length_ = 0;
  Clock units_ = 0;
  std::size_t bytes_ = 0;
};

// The same for a sequence of packed values.
class RisingValues {
 public:
  void open(ByteView values) {
    in_ = ByteReader(values);
    next_ = 0;
  }
  // `index` must rise from call to call.
  ByteView value(Clock index) {
    for (; next_ < index; ++next_) (void)scan_any(in_);
    const std::size_t start = in_.position();
    (void)scan_any(in_);
    ++next_;
    return in_.since(start);
  }

 private:
  ByteReader in_;
  Clock next_ = 0;
};

bool contradicts(std::string_view ours, std::string_view theirs) {
  return ours != theirs && ours.find(kReplacementCharacter) == std::string_view::npos &&
         theirs.find(kReplacementCharacter) == std::string_view::npos;
}

// Compares what a store and the blocks of an update hold for the same clocks. It goes through each
// block in rising order of clocks, so that it scans the block's content only once, however finely
// the store has split its own items.
class Comparison {
 public:
  explicit Comparison(const Store& store) : store_(store) {}

  // The first clock of the block, below `known_end`, for which the store holds different content.
  std::optional<Clock> find(const ClientState& client, const Block& block, Clock known_end) {
    const bool text = block.kind == BlockKind::kString;
    their_text_.open(text ? as_text(block.payload) : std::string_view(), text ? block.len : 0);
    their_values_.open(block.payload);
    for (Clock clock = block.clock; clock < known_end;) {
      const Handle handle = client.structs.find(clock);
      const Clock end = std::min(store_[handle].end(), known_end);
      if (differs(handle, block, clock, end)) return clock;
      clock = store_[handle].end();
    }
    return std::nullopt;
  }

 private:
  bool differs(Handle handle, const Block& block, Clock begin, Clock end) {
    const Item& item = store_[handle];
    if (item.deleted || item.kind() != block.kind) return false;
    switch (block.kind) {
      case BlockKind::kString: return text_differs(handle, block, begin, end);
      case BlockKind::kAny:
        for (Clock clock = begin; clock < end; ++clock)
          if (!same_value(store_.value(item, clock - item.clock),
                          their_values_.value(clock - block.clock)))
            return true;
        return false;
      case BlockKind::kBinary: return !std::ranges::equal(store_.values(item), block.payload);
      default: return false;
    }
  }

  bool text_differs(Handle handle, const Block& block, Clock begin, Clock end) {
    const Item& item = store_[handle];
    if (handle != our_item_) {
      our_text_.open(store_.text(item), item.len);
      our_item_ = handle;
    }
    return contradicts(our_text_.slice(begin - item.clock, end - item.clock),
                       their_text_.slice(begin - block.clock, end - block.clock));
  }

  const Store& store_;
  RisingUnits our_text_;
  Handle our_item_ = kNoItem;
  RisingUnits their_text_;
  RisingValues their_values_;
};

}  // namespace

std::optional<Id> find_contradiction(const Store& store, const DecodedUpdate& update) {
  Comparison comparison(store);
  for (const DecodedUpdate::ClientBlocks& client_blocks : update.clients) {
    const ClientIndex index = store.clients.find(client_blocks.client);
    if (index == kNoClient) continue;
    const ClientState& client = store.clients[index];
    for (std::uint32_t i = 0; i < client_blocks.count; ++i) {
      const Block& block = update.blocks[client_blocks.first + i];
      if (block.clock >= client.clock) break;
      if (!block.is_item() || block.kind == BlockKind::kDeleted) continue;
      const auto clock = comparison.find(client, block, std::min(block.end(), client.clock));
      if (clock) return Id{client_blocks.client, *clock};
    }
  }
  return std::nullopt;
}

}  // namespace syncline::crdt
