// Writes lib0's binary encoding, which base/byte_reader.h describes.
//
// The writer owns a growing buffer and copies the views that it is given. take() hands the bytes
// out; clear() drops them. After both, the writer is ready for the next message, usually without a
// new allocation. Thread-safety: one thread.
#pragma once

#include <bit>
#include <cstring>
#include <utility>

#include "syncline/bytes.h"

namespace syncline {

class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;
  ByteWriter(ByteWriter&& other) noexcept
      : buffer_(std::move(other.buffer_)), size_(std::exchange(other.size_, 0)) {
    other.buffer_.clear();
  }
  ByteWriter& operator=(ByteWriter&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    size_ = std::exchange(other.size_, 0);
    other.buffer_.clear();
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Valid until the next write.
  ByteView view() const { return {buffer_.data(), size_}; }

  std::size_t memory_bytes() const { return buffer_.capacity(); }

  // Drops the bytes and keeps the memory.
  void clear() { size_ = 0; }

  // Drops everything after the first `size` bytes.
  void truncate(std::size_t size) { size_ = size; }

  // Makes room for `more` bytes in one step.
  void reserve(std::size_t more) {
    if (buffer_.size() - size_ < more) grow(more);
  }

  // Returns the bytes and starts empty again. A short message is copied, so that the buffer stays
  // for the next one and the message holds no spare memory.
  Bytes take();
  // The same into `out`. For a short message, the memory of `out` is used again.
  void take(Bytes& out);

  // For hot loops: open() reserves `most` bytes and returns a pointer, through which the caller
  // writes. close() gets the end of what was written.
  std::uint8_t* open(std::size_t most) {
    reserve(most);
    return buffer_.data() + size_;
  }
  void close(const std::uint8_t* end) { size_ = static_cast<std::size_t>(end - buffer_.data()); }
  static constexpr std::size_t kMaxVarint = 11;
  // Returns the position after the varint.
  static std::uint8_t* put_var_uint(std::uint8_t* out, std::uint64_t value) {
    while (value > 0x7f) {
      *out++ = static_cast<std::uint8_t>(value | 0x80);
      value >>= 7;
    }
    *out++ = static_cast<std::uint8_t>(value);
    return out;
  }

  void u8(std::uint8_t value) {
    reserve(1);
    buffer_.data()[size_++] = value;
  }

  void var_uint(std::uint64_t value) {
    reserve(kMaxVarint);
    std::uint8_t* const start = buffer_.data() + size_;
    size_ += static_cast<std::size_t>(put_var_uint(start, value) - start);
  }

  // `negative` with magnitude 0 writes minus zero.
  void var_int(std::uint64_t magnitude, bool negative) {
    reserve(kMaxVarint);
    std::uint8_t* const start = buffer_.data() + size_;
    std::uint8_t* out = start;
    const std::uint64_t rest = magnitude >> 6;
    *out++ = static_cast<std::uint8_t>((rest != 0 ? 0x80 : 0) | (negative ? 0x40 : 0) |
                                       (magnitude & 0x3f));
    if (rest != 0) out = put_var_uint(out, rest);
    size_ += static_cast<std::size_t>(out - start);
  }

  void var_int(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    var_int(value < 0 ? 0 - bits : bits, value < 0);
  }

  void var_string(std::string_view text) { var_buffer(as_bytes(text)); }

  void var_buffer(ByteView bytes) {
    std::uint8_t* const out = put_var_uint(open(kMaxVarint + bytes.size()), bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    close(out + bytes.size());
  }

  // Appends raw bytes. They must not be inside this writer.
  void append(ByteView bytes) {
    if (bytes.empty()) return;
    reserve(bytes.size());
    std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  void append(std::string_view text) { append(as_bytes(text)); }

  void float32(float value) { big_endian(std::bit_cast<std::uint32_t>(value), 4); }
  void float64(double value) { big_endian(std::bit_cast<std::uint64_t>(value), 8); }
  void int64(std::int64_t value) { big_endian(static_cast<std::uint64_t>(value), 8); }

 private:
  void big_endian(std::uint64_t value, unsigned width) {
    reserve(width);
    for (unsigned shift = width * 8; shift != 0; shift -= 8)
      buffer_.data()[size_++] = static_cast<std::uint8_t>(value >> (shift - 8));
  }

  void grow(std::size_t more);

  Bytes buffer_;  // never shrinks; the bytes after size_ are spare
  std::size_t size_ = 0;
};

}  // namespace syncline
