// The values of the language: what an expression evaluates to, and what attributes and contexts hold.
//
// A value is 16 bytes and copied freely. Texts, names, sets, records and addresses belong to an
// arena, which must outlive the value. Everything is immutable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/text.h"

namespace syncline::cedar {

enum class Kind : std::uint8_t {
  kNone,  // no value: an evaluation that failed
  kBool,
  kLong,
  kString,
  kEntity,
  kSet,
  kRecord,
  kDecimal,   // in steps of 0.0001
  kDatetime,  // milliseconds since 1970-01-01T00:00:00Z
  kDuration,  // milliseconds
  kIp,
};

// As the language names it: `long`, `set`, `ipaddr`, …
std::string_view to_string(Kind kind);

struct Set;
struct Record;

// An address, or a range of addresses.
struct Ip {
  std::array<std::uint8_t, 16> address;  // an IPv4 address has the first four bytes
  std::uint8_t prefix;                   // bits
  bool v6;

  bool operator==(const Ip&) const = default;
};

class Value {
 public:
  constexpr Value() : kind_(Kind::kNone), number_(0) {}

  static Value of(bool flag) { return {Kind::kBool, flag ? 1 : 0}; }
  static Value of(std::int64_t number) { return {Kind::kLong, number}; }
  static Value of(const Text* text) { return Value(Kind::kString, text); }
  static Value of(const Uid* uid) { return Value(Kind::kEntity, uid); }
  static Value of(const Set* set) { return Value(Kind::kSet, set); }
  static Value of(const Record* record) { return Value(Kind::kRecord, record); }
  static Value of(const Ip* ip) { return Value(Kind::kIp, ip); }
  // kDecimal, kDatetime, kDuration
  static Value of(Kind kind, std::int64_t number) { return {kind, number}; }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  explicit operator bool() const { return kind_ != Kind::kNone; }

  // Each may be called only if the value is of that kind.
  bool flag() const { return number_ != 0; }
  std::int64_t number() const { return number_; }  // also of decimals, datetimes and durations
  const Text& text() const { return *static_cast<const Text*>(pointer_); }
  const Uid& uid() const { return *static_cast<const Uid*>(pointer_); }
  const Set& set() const { return *static_cast<const Set*>(pointer_); }
  const Record& record() const { return *static_cast<const Record*>(pointer_); }
  const Ip& ip() const { return *static_cast<const Ip*>(pointer_); }

 private:
  Value(Kind kind, std::int64_t number) : kind_(kind), number_(number) {}
  Value(Kind kind, const void* pointer) : kind_(kind), pointer_(pointer) {}

  Kind kind_;
  union {
    std::int64_t number_;
    const void* pointer_;
  };
};

// Distinct elements in the order of compare().
struct Set {
  std::uint64_t hash;
  std::span<const Value> elements;

  bool contains(const Value& value) const;
};

struct Field {
  const Text* key = nullptr;
  Value value;
};

// Fields in the order of compare() of their keys; each key once.
struct Record {
  std::uint64_t hash;
  std::span<const Field> fields;

  // Null if there is no such field.
  const Value* find(const Text& key) const;
};

// A total order of all values, in which equal values are those that `==` calls equal. It compares
// hashes first. Recursion is as deep as the values, whose depth every parser bounds.
int compare(const Value& a, const Value& b);
inline bool same(const Value& a, const Value& b) {
  return compare(a, b) == 0;
}

std::uint64_t hash_of(const Value& value);

// Sort what they are given; equal elements become one.
const Set* make_set(Arena& arena, std::vector<Value> elements);
// The same of elements in the arena, which it reorders. Allocates nothing but the set itself.
const Set* make_set_in_place(Arena& arena, std::span<Value> elements);
// Null if a key is there twice.
const Record* make_record(Arena& arena, std::vector<Field> fields);
// Null if a key is there twice. Reorders the fields, which must be in the arena.
const Record* make_record_in_place(Arena& arena, std::span<Field> fields);
inline const Value make_string(Arena& arena, std::string_view text) {
  return Value::of(make_text(arena, text));
}

// Copies everything that the value refers to.
Value copy_value(Arena& arena, const Value& value);
const Uid* copy_uid(Arena& arena, const Uid& uid);

// As an expression of the language.
std::string to_cedar(const Value& value);
std::string to_cedar(const Uid& uid);
void append_cedar(std::string& out, const Value& value);
void append_cedar(std::string& out, const Uid& uid);
// A string literal with its quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace syncline::cedar
