// KeyTable: names that occur often (map keys, attributes, node names, root names, guids). Each is
// stored once and referred to by number. Names are never removed during the life of the document;
// views of them are valid as long as the table.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/item.h"
#include "crdt/short_list_index.h"

namespace syncline::crdt {

class KeyTable {
  auto name_at() const {
    return [this](KeyIndex index) { return std::string_view(*names_[index]); };
  }

 public:
  std::string_view operator[](KeyIndex index) const { return *names_[index]; }

  KeyIndex find(std::string_view name) const { return by_name_.find(name, size(), name_at()); }
  KeyIndex intern(std::string_view name) {
    const KeyIndex found = find(name);
    if (found != kNoKey) return found;
    names_.push_back(std::make_unique<const std::string>(name));
    bytes_ += name.size();
    by_name_.added(size(), name_at());
    return size() - 1;
  }

  KeyIndex size() const { return static_cast<KeyIndex>(names_.size()); }
  // Removes the names that were added last. Nothing may refer to them.
  void truncate(KeyIndex size) {
    for (; names_.size() > size; names_.pop_back()) {
      by_name_.removed(*names_.back());
      bytes_ -= names_.back()->size();
    }
  }

  std::size_t memory_bytes() const {
    return bytes_ + names_.size() * (sizeof(std::string) + sizeof(void*) + 32);
  }

 private:
  std::vector<std::unique_ptr<const std::string>> names_;  // views of them stay valid
  ShortListIndex<std::string_view> by_name_;
  static_assert(ShortListIndex<std::string_view>::kNone == kNoKey);
  std::size_t bytes_ = 0;
};

}  // namespace syncline::crdt
