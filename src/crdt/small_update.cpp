#include "crdt/small_update.h"

#include <cstring>
#include <limits>

#include "base/utf8.h"

namespace syncline::crdt {
namespace {

constexpr std::uint8_t kStringBits = 4;
constexpr std::size_t kMaxText = 64;
constexpr std::size_t kMaxFields = 80;  // of all other fields together

// A failure is permanent: at the first field that is missing or has more than 49 bits.
class Fields {
 public:
  explicit Fields(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  bool expect(std::uint8_t byte) { return at_ != end_ && *at_++ == byte; }
  bool byte(std::uint8_t& out) {
    if (at_ == end_) return false;
    out = *at_++;
    return true;
  }
  bool number(std::uint64_t& out) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 49 && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        out = value;
        return true;
      }
    }
    return false;
  }
  bool clock(Clock& out) {
    std::uint64_t value = 0;
    if (!number(value) || value > kMaxClock) return false;
    out = static_cast<Clock>(value);
    return true;
  }
  // Reads an id. If it is of the block's own client, it must be before the block.
  bool id(Id& out, const Block& block) {
    return number(out.client) && clock(out.clock) &&
           (out.client != block.client || out.clock < block.clock);
  }
  bool text(ByteView& out) {
    std::uint64_t size = 0;
    if (!number(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
    out = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

bool read_deletion(Fields& in, SmallUpdate& out) {
  ClockRange& range = out.deleted;
  return in.expect(1) && in.number(out.block.client) && in.expect(1) && in.clock(range.clock) &&
         in.clock(range.len) && in.at_end() && range.len > 0 &&
         range.len <= kMaxClock - range.clock;
}

bool read_string(Fields& in, Block& block) {
  std::uint8_t info = 0;
  if (!in.expect(1) || !in.number(block.client) || !in.clock(block.clock) || !in.byte(info))
    return false;
  if ((info & ~(kHasOrigin | kHasRightOrigin)) != kStringBits || info == kStringBits) return false;
  block.kind = BlockKind::kString;
  block.has_origin = (info & kHasOrigin) != 0;
  block.has_right_origin = (info & kHasRightOrigin) != 0;
  if (block.has_origin && !in.id(block.origin, block)) return false;
  if (block.has_right_origin && !in.id(block.right_origin, block)) return false;
  if (!in.text(block.payload) || !in.expect(0) || !in.at_end()) return false;
  std::size_t units = 0;
  if (!measure_utf8(as_text(block.payload), units)) return false;
  if (units == 0 || units > kMaxClock - block.clock) return false;
  block.len = static_cast<Clock>(units);
  return true;
}

// Writes fields one after another into a buffer of fixed size that is large enough.
class Row {
 public:
  void byte(std::uint8_t byte) { bytes_[size_++] = byte; }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void id(Id id) {
    number(id.client);
    number(id.clock);
  }
  void text(ByteView text) {
    number(text.size());
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void copy_to(Bytes& out) const { out.assign(bytes_, bytes_ + size_); }

 private:
  std::uint8_t bytes_[kMaxFields + kMaxText];
  std::size_t size_ = 0;
};

}  // namespace

bool read_small_update(ByteView update, SmallUpdate& out) {
  Fields in(update);
  std::uint8_t clients = 0;
  if (!in.byte(clients)) return false;
  return clients == 0 ? read_deletion(in, out) : clients == 1 && read_string(in, out.block);
}

bool write_small_update(const Block& block, Bytes& out) {
  if (block.payload.size() > kMaxText) return false;
  Row row;
  row.byte(1);  // client
  row.byte(1);  // block
  row.number(block.client);
  row.number(block.clock);
  row.byte(static_cast<std::uint8_t>(kStringBits | (block.has_origin ? kHasOrigin : 0) |
                                     (block.has_right_origin ? kHasRightOrigin : 0)));
  if (block.has_origin) row.id(block.origin);
  if (block.has_right_origin) row.id(block.right_origin);
  row.text(block.payload);
  row.byte(0);  // clients with deletions
  row.copy_to(out);
  return true;
}

void write_small_deletion(ClientId client, ClockRange deleted, Bytes& out) {
  Row row;
  row.byte(0);  // clients with blocks
  row.byte(1);  // client with deletions
  row.number(client);
  row.byte(1);  // range
  row.number(deleted.clock);
  row.number(deleted.len);
  row.copy_to(out);
}

}  // namespace syncline::crdt
