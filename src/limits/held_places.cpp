#include "limits/held_places.h"

#include "base/qualified_name.h"

namespace syncline::limits {

std::optional<HeldPlaces::Place> HeldPlaces::take(const identity::Principal& principal) {
  std::string who = qualified(std::string(principal.tenant()), principal.id);
  const auto found = held_.find(who);
  if (most_ > 0 && found != held_.end() && found->second >= most_) {
    ++refused_;
    return std::nullopt;
  }
  ++held_[who];
  return Place(*this, std::move(who));
}

void HeldPlaces::leave(const std::string& who) {
  const auto found = held_.find(who);
  if (--found->second == 0) held_.erase(found);
}

}  // namespace syncline::limits
