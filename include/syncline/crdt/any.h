// Any: the values that a document stores as they are, JSON's plus undefined, BigInt and byte
// strings.
//
// Objects keep JavaScript's key order: integer-like keys ascending, then the others as inserted.
// A member "__proto__" in the binary form vanishes when it is read, as it does in JavaScript.
//
// Strings are UTF-8, and must be valid: what is not makes updates that other replicas refuse. A
// double that is a whole number below 2^31 is stored as an integer; JavaScript does not tell them
// apart. Thread-safety: values; as std::string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/error.h"

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

// ---- JSON ----

// As JSON.stringify and JSON.parse do: NaN and infinities become null, undefined members vanish, in
// arrays they become null; numbers in JavaScript's shortest form. Undefined itself gives
// "undefined", the word that Yjs writes for it in content of kind JSON. BigInt prints as digits
// (JavaScript throws). Byte strings print as JavaScript's Uint8Array does: {"0":1,"1":2}. Halves of a surrogate pair
// that an escape names alone ("\\ud800") become U+FFFD.
std::string to_json(const Any& value);
Result<Any> from_json(std::string_view json);

// JavaScript's Number.prototype.toString(): "0.1", "1e+21", "-0" as "0".
std::string number_to_string(double value);

}  // namespace syncline::crdt
