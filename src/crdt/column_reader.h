// Readers for the columns of update format version 2; crdt/column_writer.h describes the encodings.
//
// All columns of an update share one flag for failure. A column sets it when it ends too early or
// contains a bad number. After that, reads return zero.
#pragma once

#include "base/byte_reader.h"
#include "syncline/crdt/id.h"

namespace syncline::crdt {

// Unsigned numbers; equal numbers form runs.
class UintColumnReader {
 public:
  UintColumnReader(ByteReader in, bool& failed) : in_(in), failed_(&failed) {}

  std::uint64_t read() {
    if (left_ == 0) next_run();
    --left_;
    return value_;
  }

 private:
  void next_run() {
    const VarInt value = in_.var_int();
    value_ = value.magnitude;
    left_ = value.negative ? in_.var_uint() + 2 : 1;
    if (!in_.ok()) *failed_ = true;
  }

  ByteReader in_;
  bool* failed_;
  std::uint64_t value_ = 0;
  std::uint64_t left_ = 0;
};

// Clocks as differences; equal differences form runs.
class ClockColumnReader {
 public:
  ClockColumnReader(ByteReader in, bool& failed) : in_(in), failed_(&failed) {}

  Clock read() {
    if (left_ == 0) next_run();
    --left_;
    value_ += difference_;
    if (value_ < 0 || value_ > kMax) [[unlikely]] {
      *failed_ = true;
      value_ = difference_ = 0;
    }
    return static_cast<Clock>(value_);
  }

 private:
  static constexpr std::int64_t kMax = 0xffffffff;

  void next_run() {
    const std::int64_t encoded = in_.var_int().value();
    difference_ = encoded >> 1;
    left_ = (encoded & 1) != 0 ? in_.var_uint() + 2 : 1;
    if (!in_.ok()) {
      *failed_ = true;
      difference_ = 0;
    }
  }

  ByteReader in_;
  bool* failed_;
  std::int64_t value_ = 0;
  std::int64_t difference_ = 0;
  std::uint64_t left_ = 0;
};

// Bytes with the lengths of their runs. The last byte has no length and repeats for ever.
class ByteColumnReader {
 public:
  ByteColumnReader(ByteReader in, bool& failed) : in_(in), failed_(&failed) {}

  std::uint8_t read() {
    if (left_ == 0) next_run();
    --left_;
    return value_;
  }

 private:
  void next_run() {
    value_ = in_.u8();
    left_ = in_.at_end() ? ~std::uint64_t{0} : in_.var_uint() + 1;
    if (!in_.ok()) *failed_ = true;
  }

  ByteReader in_;
  bool* failed_;
  std::uint8_t value_ = 0;
  std::uint64_t left_ = 0;
};

// All strings end to end, then a column of their lengths in UTF-16 units.
class StringColumnReader {
 public:
  struct Slice {
    std::string_view text;  // whole characters only
    std::size_t units = 0;
    // True if half a surrogate pair precedes or follows `text`, because the strings were cut inside
    // the pair.
    bool half_before = false;
    bool half_behind = false;
  };

  StringColumnReader(ByteReader in, bool& failed)
      : text_(as_text(in.var_buffer())), failed_(&failed), lengths_(in, failed) {
    if (!measure_utf8(text_, units_left_)) {
      failed = true;
      text_ = {};
      units_left_ = 0;
    }
  }

  Slice read() {
    const std::uint64_t units = lengths_.read();
    if (units > units_left_) [[unlikely]] {
      *failed_ = true;
      return {};
    }
    const bool one_byte_units = units_left_ == text_.size() && !half_left_;
    units_left_ -= units;
    if (one_byte_units) return {take(units), units};
    return units == 0 ? Slice{} : read_wide(units);
  }

 private:
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = text_.substr(0, bytes);
    text_.remove_prefix(bytes);
    return taken;
  }

  Slice read_wide(std::size_t units) {
    Slice slice{{}, units, half_left_, false};
    const std::size_t whole = units - (half_left_ ? 1 : 0);
    slice.text = take(utf16_offset(text_, whole, slice.half_behind));
    half_left_ = slice.half_behind;
    if (half_left_) text_.remove_prefix(4);  // a pair is always a character of four bytes
    return slice;
  }

  std::string_view text_;  // the text that is not read yet
  bool* failed_;
  UintColumnReader lengths_;
  std::size_t units_left_ = 0;
  bool half_left_ = false;  // the second unit of a pair is read next
};

}  // namespace syncline::crdt
