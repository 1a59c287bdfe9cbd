#include "base/byte_writer.h"

#include <algorithm>

namespace syncline {

namespace {
// Up to this size, a copy is cheaper than to hand the buffer out and to grow a new one.
constexpr std::size_t kCopyLimit = 64 * 1024;
constexpr std::size_t kFirstSize = 128;
constexpr std::size_t kLarge = std::size_t{4} << 20;
}  // namespace

Bytes ByteWriter::take() {
  const std::size_t size = std::exchange(size_, 0);
  if (size <= kCopyLimit) return {buffer_.data(), buffer_.data() + size};
  buffer_.resize(size);
  return std::exchange(buffer_, Bytes{});
}

void ByteWriter::take(Bytes& out) {
  if (size_ > kCopyLimit) {
    out = take();
    return;
  }
  out.assign(buffer_.data(), buffer_.data() + size_);
  size_ = 0;
}

// Twice as large, or a quarter larger if it is large: what is never written is memory, too.
void ByteWriter::grow(std::size_t more) {
  const std::size_t now = buffer_.size();
  const std::size_t next = now < kLarge ? now * 2 : now + now / 4;
  buffer_.resize(std::max({kFirstSize, next, size_ + more}));
}

}  // namespace syncline
