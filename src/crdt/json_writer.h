// JsonWriter: writes a packed value (crdt/packed.h) as JSON, as far as it is asked to, and goes on later.
//
// So a text need not exist as a whole. It stops after about as many bytes as it may write: a string or a
// byte string is interrupted, a key or a number is not.
//
// Internal to the engine. The packed bytes must outlive the writer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "crdt/any_tags.h"
#include "syncline/bytes.h"
#include "syncline/crdt/any.h"

namespace syncline::crdt {

inline constexpr std::size_t kNoEnd = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t kJsonSlice = std::size_t{16}
                                          << 10;  // of a string, between two looks at the end

// A writer writes to one of these two, so that the size of a text can be known before there is any.
struct JsonText {
  std::string text = {};

  void push_back(char c) { text.push_back(c); }
  void append(std::string_view more) { text.append(more); }
  void append_number(std::uint64_t number) { text.append(std::to_string(number)); }
  std::size_t size() const { return text.size(); }
};

struct JsonSize {
  std::size_t bytes = 0;

  void push_back(char) { ++bytes; }
  void append(std::string_view more) { bytes += more.size(); }
  void append_number(std::uint64_t number) {
    for (++bytes; number >= 10; number /= 10) ++bytes;
  }
  std::size_t size() const { return bytes; }
};

class JsonWriter {
 public:
  explicit JsonWriter(ByteView packed) : in_(packed) {}

  bool at_end() const { return begun_ && (stack_.empty() || !in_.ok()); }

  // Goes on until `out` has at least `until` bytes, or the value ends.
  template <typename Out>
  void write(Out& out, std::size_t until = kNoEnd) {
    if (!begun_) {
      begun_ = true;
      if (in_.peek() == kAnyUndefined) return out.append("undefined");
      value(out);
    }
    while (!at_end() && out.size() < until) step(out, until);
  }

 private:
  enum class Kind : std::uint8_t { kObject, kArray, kString, kByteString };
  // What has begun and not ended.
  struct Open {
    Kind kind;
    bool first = true;
    std::uint64_t done = 0;  // bytes of a byte string
    std::uint64_t left = 0;  // members or elements
    ByteView rest = {};      // of a string or byte string
  };

  template <typename Out>
  void step(Out& out, std::size_t until) {
    switch (stack_.back().kind) {
      case Kind::kObject: return member(out);
      case Kind::kArray: return element(out);
      case Kind::kString: return string_slice(out);
      case Kind::kByteString: return byte_slice(out, until);
    }
  }

  template <typename Out>
  void end(Out& out, char bracket) {
    out.push_back(bracket);
    stack_.pop_back();
  }

  template <typename Out>
  void comma(Out& out) {
    if (!stack_.back().first) out.push_back(',');
    stack_.back().first = false;
  }

  template <typename Out>
  void member(Out& out) {
    if (stack_.back().left == 0) return end(out, '}');
    --stack_.back().left;
    const std::string_view key = in_.var_string();
    if (in_.peek() == kAnyUndefined) {
      in_.u8();
      return;
    }
    comma(out);
    out.push_back('"');
    escape(key, out);
    out.append("\":");
    value(out);
  }

  template <typename Out>
  void element(Out& out) {
    if (stack_.back().left == 0) return end(out, ']');
    --stack_.back().left;
    comma(out);
    value(out);
  }

  template <typename Out>
  void string_slice(Out& out) {
    ByteView& rest = stack_.back().rest;
    const std::size_t bytes = std::min(rest.size(), kJsonSlice);
    escape(as_text(rest.first(bytes)), out);
    rest = rest.subspan(bytes);
    if (rest.empty()) end(out, '"');
  }

  template <typename Out>
  void byte_slice(Out& out, std::size_t until) {
    Open& open = stack_.back();
    for (; open.done < open.rest.size() && out.size() < until; ++open.done) {
      if (open.done != 0) out.push_back(',');
      out.push_back('"');
      out.append_number(open.done);
      out.append("\":");
      out.append_number(open.rest[open.done]);
    }
    if (open.done == open.rest.size()) end(out, '}');
  }

  template <typename Out>
  void value(Out& out) {
    switch (in_.u8()) {
      case kAnyInteger: {
        const VarInt number = in_.var_int();
        if (number.negative && number.magnitude != 0) out.push_back('-');
        return out.append_number(number.magnitude);
      }
      case kAnyFloat32: return real(static_cast<double>(in_.float32()), out);
      case kAnyFloat64: return real(in_.float64(), out);
      case kAnyBigInt: return out.append(std::to_string(in_.int64()));
      case kAnyFalse: return out.append("false");
      case kAnyTrue: return out.append("true");
      case kAnyString:
        return begin(out, '"', {.kind = Kind::kString, .rest = as_bytes(in_.var_string())});
      case kAnyObject: return begin(out, '{', {.kind = Kind::kObject, .left = in_.var_uint()});
      case kAnyArray: return begin(out, '[', {.kind = Kind::kArray, .left = in_.var_uint()});
      case kAnyBytes: return begin(out, '{', {.kind = Kind::kByteString, .rest = in_.var_buffer()});
      default: out.append("null");  // null; undefined within an array
    }
  }

  template <typename Out>
  void begin(Out& out, char bracket, Open open) {
    out.push_back(bracket);
    if (open.kind == Kind::kString && open.rest.size() <= kJsonSlice) {
      escape(as_text(open.rest), out);
      return out.push_back('"');
    }
    stack_.push_back(open);
  }

  template <typename Out>
  static void real(double number, Out& out) {
    out.append(std::isfinite(number) ? number_to_string(number) : "null");
  }

  template <typename Out>
  static void escape(std::string_view text, Out& out) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      out.append(text.substr(done, i - done));
      escape(text[i], out);
      done = i + 1;
    }
    out.append(text.substr(done));
  }

  template <typename Out>
  static void escape(char c, Out& out) {
    static constexpr char kHex[] = "0123456789abcdef";
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\': out.push_back(c); return;
      case '\b': out.push_back('b'); return;
      case '\f': out.push_back('f'); return;
      case '\n': out.push_back('n'); return;
      case '\r': out.push_back('r'); return;
      case '\t': out.push_back('t'); return;
      default:
        out.append("u00");
        out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
        out.push_back(kHex[c & 0xf]);
    }
  }

  ByteReader in_;
  std::vector<Open> stack_;
  bool begun_ = false;
};

}  // namespace syncline::crdt
