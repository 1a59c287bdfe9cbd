// GroupCheck: checks that consecutive events contain only whole groups (log::Group): each member
// directly follows the one before, and all agree on the size.
//
// Thread-safety: none per object.
#pragma once

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

class GroupCheck {
 public:
  // Checks the next event. The first event may have any position. kCorrupt if it does not continue
  // the open group, or if it is inside a group whose beginning was not seen.
  Result<void> take(Position position, const Group& group);

  // True if a group has begun and its last event was not seen yet.
  bool open() const { return left_ > 0; }

  // While open: the position of the group's first event.
  Position first() const { return first_; }

 private:
  Position first_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t left_ = 0;  // events that must follow
};

}  // namespace syncline::log
