// Formats: the attribute values of text, as Yjs's rules see them during a walk over the text.
//
// Yjs stores formats as items between the characters: a name and a value, where null ends a format.
// Its rules compare values as JavaScript does: numbers, strings and the like by value; objects in
// some places by identity (===) and in others member by member, one level deep. Here the identity
// of an object is the item that it came from (`source`). When a local edit inserts a format to
// restore an earlier one, both share the source, as they share the object in Yjs. FormatSources
// stores this.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/rarely.h"
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
  bool is_object() const;  // has identity: an object, array or byte string
  ByteView packed() const { return as_bytes(packed_); }
  DenseId source() const { return source_; }
  Any any() const;

  bool same(const FormatValue& other) const;        // as === in JavaScript
  bool equivalent(const FormatValue& other) const;  // same(), or equal members

 private:
  std::string packed_;  // most values are short and need no heap
  DenseId source_;
};

// Names and values in the order of a JavaScript Map: by first insertion; a name that was removed is
// inserted anew.
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

  // Applies a format item: null ends the format, another value sets it.
  void apply(KeyIndex key, const FormatValue& value);

  // Sorts the names as JavaScript lists the members of an object: names that look like indices come
  // first.
  void order_as_object(const KeyTable& keys);

 private:
  std::vector<Entry> entries_;
};

// For each format that a local edit inserted as a copy of another: the item of the original. Only
// for objects.
class FormatSources {
 public:
  // The item whose object the format `id` holds. Usually `id` itself.
  DenseId find(DenseId id) const {
    if (sources_->empty()) return id;
    const auto found = sources_->find(key(id));
    return found == sources_->end() ? id : found->second;
  }
  void add(DenseId id, DenseId source) { sources_.make()[key(id)] = source; }

 private:
  static std::uint64_t key(DenseId id) {
    return static_cast<std::uint64_t>(id.client) << 32 | id.clock;
  }

  Rarely<boost::unordered_flat_map<std::uint64_t, DenseId>> sources_;
};

// Conversion to and from the application's form. If a name is repeated, the last value wins.
Attributes to_attributes(Formats formats, const KeyTable& keys);
Formats to_formats(const Attributes& attributes, KeyTable& keys);

}  // namespace syncline::crdt
