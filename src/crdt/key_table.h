// KeyTable: names that occur often (map keys, attributes, node names, root names, guids). Each is
// stored once and referred to by number. Names are never removed during the life of the document;
// views of them are valid as long as the table.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/item.h"

namespace syncline::crdt {

class KeyTable {
 public:
  std::string_view operator[](KeyIndex index) const { return names_[index]; }

  KeyIndex find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? kNoKey : found->second;
  }
  KeyIndex intern(std::string_view name) {
    const KeyIndex found = find(name);
    if (found != kNoKey) return found;
    const auto index = static_cast<KeyIndex>(names_.size());
    by_name_.emplace(names_.emplace_back(name), index);
    bytes_ += name.size();
    return index;
  }

  KeyIndex size() const { return static_cast<KeyIndex>(names_.size()); }
  // Removes the names that were added last. Nothing may refer to them.
  void truncate(KeyIndex size) {
    for (; names_.size() > size; names_.pop_back()) {
      by_name_.erase(names_.back());
      bytes_ -= names_.back().size();
    }
  }

  std::size_t memory_bytes() const { return bytes_ + names_.size() * (sizeof(std::string) + 32); }

 private:
  std::deque<std::string> names_;  // a deque does not move its elements
  boost::unordered_flat_map<std::string_view, KeyIndex> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace syncline::crdt
