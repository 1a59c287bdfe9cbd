// Reads lib0's binary encoding, on which all Yjs protocols and formats are built.
//
// The reader is a cursor over bytes that it borrows; the views that it returns refer to these
// bytes. A failure is sticky: after the first bad read, every read returns zero or empty and the
// cursor stays at the end. So a loop over many fields needs to call ok() only once.
//
// Encoding (lib0/decoding.js): unsigned varints are little-endian groups of 7 bits. Signed varints
// keep the sign in bit 6 of the first byte, so minus zero exists. Strings and buffers follow their
// length in bytes. Fixed-width numbers are big-endian. Integers are at most 2^53-1, as in
// JavaScript.
//
// The reader checks each length against the bytes that are left before it returns anything. Callers
// must check the counts that they read (an element takes at least one byte: compare with
// remaining()). Thread-safety: one thread.
#pragma once

#include <bit>
#include <cstring>

#include "base/utf8.h"
#include "syncline/bytes.h"

namespace syncline {

// Largest integer that JavaScript holds exactly.
inline constexpr std::uint64_t kMaxSafeInteger = (std::uint64_t{1} << 53) - 1;

// A signed varint. `negative` with magnitude 0 is minus zero, which lib0 uses as a marker.
struct VarInt {
  std::uint64_t magnitude = 0;
  bool negative = false;

  std::int64_t value() const {
    const auto plain = static_cast<std::int64_t>(magnitude);
    return negative ? -plain : plain;
  }
};

class ByteReader {
 public:
  ByteReader() = default;
  explicit ByteReader(ByteView bytes)
      : begin_(bytes.data()), cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return !failed_; }
  bool at_end() const { return cursor_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - cursor_); }
  std::size_t position() const { return static_cast<std::size_t>(cursor_ - begin_); }

  // Puts the reader into the failed state. For a value that decodes but is out of the caller's
  // range.
  void fail() {
    failed_ = true;
    cursor_ = end_;
  }

  std::uint8_t u8() {
    if (cursor_ == end_) [[unlikely]] {
      fail();
      return 0;
    }
    return *cursor_++;
  }

  // The next byte, without consuming it; 0 at the end.
  std::uint8_t peek() const { return cursor_ == end_ ? 0 : *cursor_; }

  std::uint64_t var_uint() {
    if (cursor_ != end_ && *cursor_ < 0x80) [[likely]]
      return *cursor_++;
    return long_var_uint(0, 0);
  }

  VarInt var_int() {
    if (cursor_ == end_) [[unlikely]] {
      fail();
      return {};
    }
    const std::uint8_t first = *cursor_++;
    const bool negative = (first & 0x40) != 0;
    if (first < 0x80) [[likely]]
      return {static_cast<std::uint64_t>(first & 0x3f), negative};
    const std::uint64_t magnitude = long_var_uint(first & 0x3f, 6);
    return failed_ ? VarInt{} : VarInt{magnitude, negative};
  }

  // UTF-8 text after its length; invalid UTF-8 fails.
  std::string_view var_string() {
    const std::string_view text = as_text(var_buffer());
    if (!is_valid_utf8(text)) [[unlikely]] {
      fail();
      return {};
    }
    return text;
  }

  // Bytes after their length.
  ByteView var_buffer() { return bytes(var_uint()); }

  // The next `count` bytes as they are.
  ByteView bytes(std::uint64_t count) {
    if (count > remaining()) [[unlikely]] {
      fail();
      return {};
    }
    const std::uint8_t* start = cursor_;
    cursor_ += count;
    return {start, static_cast<std::size_t>(count)};
  }

  // Everything up to the end.
  ByteView rest() { return bytes(remaining()); }

  // The bytes that were read since `start`, an earlier position().
  ByteView since(std::size_t start) const {
    return {begin_ + start, static_cast<std::size_t>(cursor_ - begin_) - start};
  }

  float float32() { return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4))); }
  double float64() { return std::bit_cast<double>(big_endian(8)); }
  std::int64_t int64() { return static_cast<std::int64_t>(big_endian(8)); }

 private:
  // Continues a varint whose `bits` low bits are already known. Not inlined: it is off the hot
  // path.
  std::uint64_t long_var_uint(std::uint64_t value, unsigned bits);

  std::uint64_t big_endian(std::size_t width) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes(width)) value = value << 8 | byte;
    return value;
  }

  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* cursor_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace syncline
