// KeyTable: names that occur again and again (map keys, attributes, node names, root names, guids),
// each stored once and referred to by number. Names are never forgotten; views of them last as long
// as the table.
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
  // Forgets the names that were added last, which nothing may refer to.
  void truncate(KeyIndex size) {
    for (; names_.size() > size; names_.pop_back()) {
      by_name_.erase(names_.back());
      bytes_ -= names_.back().size();
    }
  }

  std::size_t memory_bytes() const { return bytes_ + names_.size() * (sizeof(std::string) + 32); }

 private:
  std::deque<std::string> names_;  // never moves them
  boost::unordered_flat_map<std::string_view, KeyIndex> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace syncline::crdt
