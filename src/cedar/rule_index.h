// The index of an Authorizer: from the scopes of policies to the policies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cedar/policy.h"

namespace syncline::cedar {

// A policy or a link, with the entities of its scope.
struct Rule {
  const Text* id;
  const Policy* policy;
  const Uid* principal;  // null if the scope names none
  const Uid* resource;
  std::uint32_t cost;  // of the conditions (cost_of)
};

// Numbers under keys with a hash of their own: `Uid` or `Text`. Keys are borrowed.
template <typename Key>
class KeyedRules {
 public:
  void add(const Key* key, std::uint32_t number) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place(slots_, *key)];
    if (slot.key == nullptr) {
      slot.key = key;
      ++used_;
    }
    if (slot.numbers.empty() || slot.numbers.back() != number) slot.numbers.push_back(number);
  }

  bool empty() const { return used_ == 0; }

  std::span<const std::uint32_t> find(const Key& key) const {
    if (empty()) return {};
    return slots_[place(slots_, key)].numbers;
  }

 private:
  struct Slot {
    const Key* key = nullptr;
    std::vector<std::uint32_t> numbers;
  };

  static std::size_t place(const std::vector<Slot>& slots, const Key& key) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = key.hash & mask;
    while (slots[at].key != nullptr && !same(*slots[at].key, key)) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> larger(slots_.empty() ? 8 : 2 * slots_.size());
    for (Slot& slot : slots_) {
      if (slot.key != nullptr) larger[place(larger, *slot.key)] = std::move(slot);
    }
    slots_ = std::move(larger);
  }

  std::vector<Slot> slots_;  // a power of two, at most half used
  std::size_t used_ = 0;
};

// The rules under one action.
struct RuleBucket {
  KeyedRules<Uid> by_resource;
  KeyedRules<Uid> by_principal;
  KeyedRules<Text> by_resource_type;
  KeyedRules<Text> by_principal_type;
  std::vector<std::uint32_t> rest;
};

}  // namespace syncline::cedar
