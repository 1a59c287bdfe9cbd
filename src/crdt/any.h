// Any: the values that a document stores as they are, JSON's plus undefined, BigInt and byte
// strings.
//
// Two forms exist. `Any` is a tree, for the API. The *packed* form is the value in lib0's `any`
// encoding, canonical (the bytes that lib0's writeAny would produce): that is how the engine stores
// values, copies them between updates, and compares them, without building a tree.
//
// Encoding (lib0/encoding.js): a tag byte, then
//   127 undefined   126 null   125 integer as varint (|n| < 2^31)   124 float32   123 float64
//   122 BigInt as int64   121 false   120 true   119 string   118 object   117 array   116 bytes
// floats and int64 big-endian. A number takes the first of 125, 124, 123 that holds it exactly.
//
// Objects keep JavaScript's key order: integer-like keys ascending, then the others as inserted.
// A member "__proto__" in the binary form vanishes when it is read, as it does in JavaScript.
//
// Thread-safety: values; as std::string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace syncline {
class ByteReader;
class ByteWriter;
}  // namespace syncline

namespace syncline::crdt {

// Values nested deeper than this are refused by every decoder. A byte string counts as a level,
// since it becomes an object in JSON.
inline constexpr int kMaxAnyDepth = 200;

class Any {
 public:
  struct Undefined {
    bool operator==(const Undefined&) const = default;
  };
  struct Null {
    bool operator==(const Null&) const = default;
  };
  using Array = std::vector<Any>;
  using Object = std::vector<std::pair<std::string, Any>>;
  using Variant =
      std::variant<Undefined, Null, bool, double, std::int64_t, std::string, Bytes, Array, Object>;

  Any() = default;  // undefined
  Any(Null) : value_(Null{}) {}
  Any(bool value) : value_(value) {}
  Any(double value) : value_(value) {}
  Any(int value) : value_(static_cast<double>(value)) {}
  Any(const char* value) : value_(std::string(value)) {}
  Any(std::string value) : value_(std::move(value)) {}
  Any(Bytes value) : value_(std::move(value)) {}
  Any(Array value) : value_(std::move(value)) {}
  Any(Object value);  // brings the keys into JavaScript's order; the last of equal keys wins
  static Any bigint(std::int64_t value);

  const Variant& value() const { return value_; }
  bool is_undefined() const { return std::holds_alternative<Undefined>(value_); }
  bool is_null() const { return std::holds_alternative<Null>(value_); }

  // The member of an object, or nullptr.
  const Any* find(std::string_view key) const;

  // Deep; objects as sets of members, whatever their order.
  bool operator==(const Any& other) const;

 private:
  Variant value_;
};

// ---- packed form ----

void pack(const Any& value, ByteWriter& out);
Bytes pack(const Any& value);

// Reads one value. kMalformed on bad bytes, bad UTF-8 or too deep nesting.
Result<Any> unpack(ByteReader& in);
Result<Any> unpack(ByteView packed);

// Checks one encoded value and passes over it. Returns true if it is canonical, so that its bytes
// can be kept as they are; false if it is valid but must be unpacked and packed again.
Result<bool> skip_any(ByteReader& in);

// The same for hot loops; after kInvalid the reader has failed.
enum class AnyScan : std::uint8_t { kInvalid, kLoose, kCanonical };
AnyScan scan_any(ByteReader& in);

// ---- JSON ----

// As JSON.stringify and JSON.parse do: NaN and infinities become null, undefined members vanish, in
// arrays they become null; numbers in JavaScript's shortest form. Undefined itself gives
// "undefined", the word that Yjs writes for it in content of kind JSON. BigInt prints as digits
// (JavaScript throws).
std::string to_json(const Any& value);
// Byte strings print as JavaScript's Uint8Array does: {"0":1,"1":2}. Halves of a surrogate pair
// that an escape names alone ("\\ud800") become U+FFFD.
std::string packed_to_json(ByteView packed);
void append_packed_json(ByteView packed, std::string& out);
Result<Any> from_json(std::string_view json);

// JavaScript's Number.prototype.toString(): "0.1", "1e+21", "-0" as "0".
std::string number_to_string(double value);

}  // namespace syncline::crdt
