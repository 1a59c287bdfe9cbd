// HeldPlaces: how many things of a kind each principal holds open at the same time, such as streams of events.
//
// Many people may share a token, and then a principal; so a bound should be far above what one person needs.
//
// Thread-safety: none; one loop. A place must end before its table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "identity/principal.h"

namespace syncline::limits {

class HeldPlaces {
 public:
  // `most`: of one principal; 0: there is no bound.
  explicit HeldPlaces(std::size_t most) : most_(most) {}
  HeldPlaces(const HeldPlaces&) = delete;
  HeldPlaces& operator=(const HeldPlaces&) = delete;

  class Place {
   public:
    Place(Place&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), who_(std::move(other.who_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (table_ != nullptr) table_->leave(who_);
    }

   private:
    friend class HeldPlaces;
    Place(HeldPlaces& table, std::string who) : table_(&table), who_(std::move(who)) {}

    HeldPlaces* table_;
    std::string who_;
  };

  // nullopt: the principal holds as many as it may. That is counted.
  std::optional<Place> take(const identity::Principal& principal);

  // From now on. What is held stays.
  void set_most(std::size_t most) { most_ = most; }

  std::uint64_t refused() const { return refused_; }
  std::size_t principals() const { return held_.size(); }

 private:
  void leave(const std::string& who);

  std::size_t most_;
  std::map<std::string, std::size_t> held_;  // by principals that hold some
  std::uint64_t refused_ = 0;
};

}  // namespace syncline::limits
