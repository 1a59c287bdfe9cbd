// SeenIds: the ids that came last, to notice one that comes again.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <utility>

namespace syncline::identity {

class SeenIds {
 public:
  // Of more, the oldest is forgotten.
  explicit SeenIds(std::size_t most = 10'000) : most_(most) {}

  // False: it is one of those that came last.
  bool add(std::string id) {
    const auto [found, is_new] = ids_.insert(std::move(id));
    if (!is_new) return false;
    order_.push_back(&*found);
    if (order_.size() > most_) {
      ids_.erase(*order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  const std::size_t most_;
  std::set<std::string> ids_;
  std::deque<const std::string*> order_;
};

}  // namespace syncline::identity
