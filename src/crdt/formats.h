// Formats: attribute values of text as the rules of Yjs see them while walking over it.
//
// Yjs keeps formats as items between the characters: name and value, where null ends a format. Its
// rules compare values as JavaScript does: numbers, strings and the like by value, objects by
// identity (===) in some places and member by member, one level deep, in others. Here an object's
// identity is the item that it came from (`source`): the formats that a local edit inserts to
// restore what was there before share it with the original, as they share the object in Yjs;
// FormatSources remembers that.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/item.h"
#include "crdt/key_table.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/types.h"

namespace syncline::crdt {

class FormatValue {
 public:
  FormatValue();  // null
  FormatValue(ByteView packed, DenseId source);
  explicit FormatValue(const Any& value);

  bool is_null() const;
  bool is_object() const;  // has identity: objects, arrays, byte strings
  ByteView packed() const { return as_bytes(packed_); }
  DenseId source() const { return source_; }
  Any any() const;

  bool same(const FormatValue& other) const;        // ===
  bool equivalent(const FormatValue& other) const;  // or equal members

 private:
  std::string packed_;  // short values, the rule, need no heap
  DenseId source_;
};

// Names with values in the order of a JavaScript Map: by first insertion, anew after a removal.
class Formats {
 public:
  using Entry = std::pair<KeyIndex, FormatValue>;

  const FormatValue* find(KeyIndex key) const;
  FormatValue get(KeyIndex key) const;  // null if absent
  void set(KeyIndex key, FormatValue value);
  void erase(KeyIndex key);
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  // A format item was passed: null ends the format, other values set it.
  void apply(KeyIndex key, const FormatValue& value);

  // Brings the names into the order in which JavaScript lists an object's: those that look like
  // indices first.
  void order_as_object(const KeyTable& keys);

 private:
  std::vector<Entry> entries_;
};

// Formats that a local edit inserted with the value of another: from which item. Objects only.
class FormatSources {
 public:
  // The item whose object the format `id` holds; itself as a rule.
  DenseId find(DenseId id) const {
    if (sources_.empty()) return id;
    const auto found = sources_.find(key(id));
    return found == sources_.end() ? id : found->second;
  }
  void add(DenseId id, DenseId source) { sources_[key(id)] = source; }

 private:
  static std::uint64_t key(DenseId id) {
    return static_cast<std::uint64_t>(id.client) << 32 | id.clock;
  }

  boost::unordered_flat_map<std::uint64_t, DenseId> sources_;
};

// To and from the application's form. Of equal names the last value counts.
Attributes to_attributes(Formats formats, const KeyTable& keys);
Formats to_formats(const Attributes& attributes, KeyTable& keys);

}  // namespace syncline::crdt
