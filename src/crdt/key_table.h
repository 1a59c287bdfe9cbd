// KeyTable: names that occur often (map keys, attributes, node names, root names, guids). Each is
// stored once and referred to by number. Names are never removed during the life of the document;
// views of them are valid as long as the table.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/item.h"

namespace syncline::crdt {

class KeyTable {
 public:
  std::string_view operator[](KeyIndex index) const { return *names_[index]; }

  KeyIndex find(std::string_view name) const {
    if (by_name_.empty()) {
      for (KeyIndex index = 0; index < size(); ++index)
        if (*names_[index] == name) return index;
      return kNoKey;
    }
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? kNoKey : found->second;
  }
  KeyIndex intern(std::string_view name) {
    const KeyIndex found = find(name);
    if (found != kNoKey) return found;
    names_.push_back(std::make_unique<const std::string>(name));
    bytes_ += name.size();
    if (!by_name_.empty()) {
      by_name_.emplace(*names_.back(), size() - 1);
    } else if (size() > kFew) {
      for (KeyIndex index = 0; index < size(); ++index) by_name_.emplace(*names_[index], index);
    }
    return size() - 1;
  }

  KeyIndex size() const { return static_cast<KeyIndex>(names_.size()); }
  // Removes the names that were added last. Nothing may refer to them.
  void truncate(KeyIndex size) {
    for (; names_.size() > size; names_.pop_back()) {
      by_name_.erase(*names_.back());
      bytes_ -= names_.back()->size();
    }
  }

  std::size_t memory_bytes() const {
    return bytes_ + names_.size() * (sizeof(std::string) + sizeof(void*) + 32);
  }

 private:
  // The smallest hash table has more than half a kilobyte, and most documents have few names. An empty one means:
  // search.
  static constexpr KeyIndex kFew = 8;

  std::vector<std::unique_ptr<const std::string>> names_;  // views of them stay valid
  boost::unordered_flat_map<std::string_view, KeyIndex> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace syncline::crdt
