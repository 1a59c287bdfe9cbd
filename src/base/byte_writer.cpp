#include "base/byte_writer.h"

#include <algorithm>

namespace syncline {

namespace {
// Up to this size, a copy is cheaper than to hand the buffer out and to grow a new one.
constexpr std::size_t kCopyLimit = 64 * 1024;
constexpr std::size_t kFirstSize = 128;
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

void ByteWriter::grow(std::size_t more) {
  buffer_.resize(std::max({kFirstSize, buffer_.size() * 2, size_ + more}));
}

}  // namespace syncline
