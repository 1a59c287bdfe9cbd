// Writers for the columns of update format version 2: each kind of field of all blocks goes into a
// buffer of its own, which compresses runs. Source of the encodings: lib0/encoding.js.
//
//   UintColumnWriter    UintOptRle: the value as a signed varint. A negative value (also -0) is a
//                       run; its length minus 2 follows.
//   ClockColumnWriter   IntDiffOptRle: twice the difference to the value before. Plus 1 for a run of
//                       equal differences; its length minus 2 follows.
//   ByteColumnWriter    Rle: the value, then the length of its run minus 1. The last value has no
//                       length.
//   StringColumnWriter  all text as one string, then a UintOptRle of the lengths in UTF-16 units
//
// finish() closes the last run; it may be called again before the next value. reset() starts a new column and keeps the memory.
#pragma once

#include "base/byte_writer.h"
#include "base/utf8.h"
#include "syncline/crdt/id.h"

namespace syncline::crdt {

class UintColumnWriter {
 public:
  void write(std::uint64_t value) {
    if (value == value_) {
      ++count_;
      return;
    }
    flush();
    value_ = value;
    count_ = 1;
  }

  ByteView finish() {
    flush();
    return out_.view();
  }

  std::size_t memory_bytes() const { return out_.memory_bytes(); }

  void reset() {
    out_.clear();
    value_ = count_ = 0;
  }

 private:
  void flush() {
    if (count_ == 0) return;
    out_.var_int(value_, count_ > 1);
    if (count_ > 1) out_.var_uint(count_ - 2);
    count_ = 0;
  }

  ByteWriter out_;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

class ClockColumnWriter {
 public:
  void write(std::uint64_t clock) {
    const auto value = static_cast<std::int64_t>(clock);
    const std::int64_t difference = value - value_;
    value_ = value;
    if (difference == difference_) {
      ++count_;
      return;
    }
    flush();
    difference_ = difference;
    count_ = 1;
  }

  ByteView finish() {
    flush();
    return out_.view();
  }

  std::size_t memory_bytes() const { return out_.memory_bytes(); }

  void reset() {
    out_.clear();
    value_ = difference_ = 0;
    count_ = 0;
  }

 private:
  void flush() {
    if (count_ == 0) return;
    out_.var_int(difference_ * 2 + (count_ > 1 ? 1 : 0));
    if (count_ > 1) out_.var_uint(count_ - 2);
    count_ = 0;
  }

  ByteWriter out_;
  std::int64_t value_ = 0;
  std::int64_t difference_ = 0;
  std::uint64_t count_ = 0;
};

class ByteColumnWriter {
 public:
  void write(std::uint8_t value) {
    if (count_ != 0 && value == value_) {
      ++count_;
      return;
    }
    if (count_ != 0) out_.var_uint(count_ - 1);
    out_.u8(value);
    value_ = value;
    count_ = 1;
  }

  ByteView finish() { return out_.view(); }

  std::size_t memory_bytes() const { return out_.memory_bytes(); }

  void reset() {
    out_.clear();
    count_ = 0;
  }

 private:
  ByteWriter out_;
  std::uint8_t value_ = 0;
  std::uint64_t count_ = 0;
};

class StringColumnWriter {
 public:
  void write(std::string_view text, std::size_t units) {
    text_.append(text);
    lengths_.write(units);
  }
  void write(std::string_view text) { write(text, utf16_length(text)); }
  void reserve(std::size_t bytes) { text_.reserve(bytes); }

  // finish_into() writes no more than that.
  std::size_t most_bytes() {
    return 2 * ByteWriter::kMaxVarint + text_.size() + lengths_.finish().size();
  }

  // Writes the column as a buffer. The text may be large, so there is no copy of it on the way.
  void finish_into(ByteWriter& out) {
    const ByteView lengths = lengths_.finish();
    std::uint8_t prefix[ByteWriter::kMaxVarint];
    const auto prefix_size =
        static_cast<std::size_t>(ByteWriter::put_var_uint(prefix, text_.size()) - prefix);
    out.var_uint(prefix_size + text_.size() + lengths.size());
    out.var_buffer(text_.view());
    out.append(lengths);
  }

  std::size_t memory_bytes() const { return text_.memory_bytes() + lengths_.memory_bytes(); }

  void reset() {
    text_.clear();
    lengths_.reset();
  }

 private:
  ByteWriter text_;
  UintColumnWriter lengths_;
};

}  // namespace syncline::crdt
