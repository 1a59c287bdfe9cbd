// FewClients: the ids of some clients, in ascending order. Nearly every connection speaks for one client, and one
// needs no memory of its own.
//
// Costs: as a sorted vector. Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "syncline/crdt/id.h"

namespace syncline::workspace {

class FewClients {
 public:
  std::span<const crdt::ClientId> all() const {
    if (many_ != nullptr) return *many_;
    return {&one_, one_ == kNone ? std::size_t{0} : std::size_t{1}};
  }
  std::size_t size() const { return all().size(); }
  bool empty() const { return all().empty(); }

  // Ignored if it is there.
  void add(crdt::ClientId client) {
    if (std::ranges::binary_search(all(), client)) return;
    if (empty()) return void(one_ = client);
    if (many_ == nullptr) many_ = std::make_unique<std::vector<crdt::ClientId>>(1, one_);
    many_->insert(std::ranges::lower_bound(*many_, client), client);
  }
  // Ignored if it is not there.
  void remove(crdt::ClientId client) {
    if (many_ == nullptr) {
      if (one_ == client) one_ = kNone;
      return;
    }
    const auto [first, last] = std::ranges::equal_range(*many_, client);
    many_->erase(first, last);
    if (many_->size() > 1) return;
    one_ = many_->front();
    many_ = nullptr;
  }

 private:
  static constexpr crdt::ClientId kNone = ~crdt::ClientId{0};  // no message can name it

  crdt::ClientId one_ = kNone;  // the only one, unless there are several
  std::unique_ptr<std::vector<crdt::ClientId>> many_;
};

}  // namespace syncline::workspace
