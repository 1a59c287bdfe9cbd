// Any: a plain value in a document. It can hold what JSON can hold, and undefined, BigInt and byte
// strings.
//
// Objects keep JavaScript's key order: first the keys that look like integers, ascending, then the
// others in order of insertion. A member "__proto__" in the binary form is dropped when it is read,
// as in JavaScript.
//
// Strings are UTF-8 and must be valid: other replicas refuse an update that contains an invalid
// string. A double that is a whole number below 2^31 is stored as an integer; JavaScript does not
// distinguish the two. Thread-safety: a plain value, like std::string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::crdt {

// Every decoder refuses values that are nested deeper than this. A byte string counts as one level,
// because it becomes an object in JSON.
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

  // Deep comparison. Two objects are equal if they have the same members, in any order.
  bool operator==(const Any& other) const;

 private:
  Variant value_;
};

// ---- JSON ----

// to_json and from_json behave as JSON.stringify and JSON.parse:
// - NaN and infinities become null.
// - Undefined members of an object are dropped; undefined elements of an array become null.
// - Numbers print in JavaScript's shortest form.
//
// They differ from JavaScript, or add to it, in this:
// - Undefined itself gives "undefined", the word that Yjs writes for it in content of kind JSON.
// - A BigInt prints as digits (JavaScript throws).
// - A byte string prints as JavaScript's Uint8Array does: {"0":1,"1":2}.
// - An escape that names half of a surrogate pair ("\\ud800") becomes U+FFFD.
std::string to_json(const Any& value);
// nullopt if the text would be longer than `most` bytes: a byte string takes up to 14 for each byte.
// Counts first, so that a text that would be too long takes no memory, and others no more than they need.
std::optional<std::string> to_json_within(Any value, std::size_t most);
Result<Any> from_json(std::string_view json);

// JavaScript's Number.prototype.toString(): "0.1", "1e+21", "-0" as "0".
std::string number_to_string(double value);

}  // namespace syncline::crdt
