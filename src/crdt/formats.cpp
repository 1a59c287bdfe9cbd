#include "crdt/formats.h"

#include <algorithm>

#include "crdt/any_tags.h"
#include "crdt/key_table.h"
#include "crdt/packed.h"

namespace syncline::crdt {
namespace {

constexpr char kNullFormat = static_cast<char>(kAnyNull);

bool is_object_tag(ByteView packed) {
  return packed[0] == kAnyObject || packed[0] == kAnyArray || packed[0] == kAnyBytes;
}

// Values without identity are equal if their packed forms are. NaN does not equal itself.
bool same_primitive(ByteView a, ByteView b) {
  return !is_object_tag(a) && std::ranges::equal(a, b);
}

// The members of an object or array, sorted; an array has its indices as names.
Any::Object sorted_members(const Any& value) {
  if (const Any::Object* object = std::get_if<Any::Object>(&value.value())) return *object;
  Any::Object out;
  if (const Any::Array* array = std::get_if<Any::Array>(&value.value())) {
    for (const Any& element : *array) out.emplace_back(std::to_string(out.size()), element);
  }
  return out;
}

bool flat_equal(const Any& a, const Any& b) {
  const Any::Object left = sorted_members(a);
  const Any::Object right = sorted_members(b);
  return std::ranges::is_permutation(left, right, [](const auto& x, const auto& y) {
    return x.first == y.first && same_primitive(pack(x.second), pack(y.second));
  });
}

// True for canonical whole numbers below 2^32-1. The objects of JavaScript list these first, in
// ascending order.
bool is_index(std::string_view name) {
  if (name.empty() || name.size() > 10 || (name.size() > 1 && name[0] == '0')) return false;
  if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) return false;
  return std::stoull(std::string(name)) < 0xffffffffu;
}

}  // namespace

FormatValue::FormatValue() : packed_(1, kNullFormat) {}

FormatValue::FormatValue(ByteView packed, DenseId source)
    : packed_(as_text(packed)), source_(source) {}

FormatValue::FormatValue(const Any& value) : packed_(as_text(pack(value))) {}

bool FormatValue::is_null() const {
  return packed_[0] == kNullFormat;
}

bool FormatValue::is_object() const {
  return is_object_tag(packed());
}

Any FormatValue::any() const {
  return unpack(packed()).value_or(Any());
}

bool FormatValue::same(const FormatValue& other) const {
  if (is_object()) return source_.exists() && source_ == other.source_;
  return packed_ == other.packed_;
}

bool FormatValue::equivalent(const FormatValue& other) const {
  if (same(other)) return true;
  return is_object() && other.is_object() && flat_equal(any(), other.any());
}

const FormatValue* Formats::find(KeyIndex key) const {
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  return found == entries_.end() ? nullptr : &found->second;
}

FormatValue Formats::get(KeyIndex key) const {
  const FormatValue* found = find(key);
  return found == nullptr ? FormatValue() : *found;
}

void Formats::set(KeyIndex key, FormatValue value) {
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  if (found == entries_.end()) {
    entries_.emplace_back(key, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

void Formats::erase(KeyIndex key) {
  std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; });
}

void Formats::apply(KeyIndex key, const FormatValue& value) {
  if (value.is_null()) {
    erase(key);
  } else {
    set(key, value);
  }
}

void Formats::order_as_object(const KeyTable& keys) {
  const auto plain = std::ranges::stable_partition(
      entries_, [&](const Entry& entry) { return is_index(keys[entry.first]); });
  std::ranges::sort(entries_.begin(), plain.begin(), {}, [&](const Entry& entry) {
    return std::stoull(std::string(keys[entry.first]));
  });
}

Attributes to_attributes(Formats formats, const KeyTable& keys) {
  formats.order_as_object(keys);
  Attributes out;
  for (const auto& [key, value] : formats) out.emplace_back(keys[key], value.any());
  return out;
}

Formats to_formats(const Attributes& attributes, KeyTable& keys) {
  Formats out;
  for (const auto& [name, value] : attributes) out.set(keys.intern(name), FormatValue(value));
  out.order_as_object(keys);
  return out;
}

}  // namespace syncline::crdt
