// Whether events that follow one another hold whole groups only (log::Group): every member of a group
// stands directly behind the one before, and all of them agree on its size.
//
// Thread-safety: none per object.
#pragma once

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

class GroupCheck {
 public:
  // Of the next event; the first one may have any position. kCorrupt: it does not continue the group
  // that is open, or is within one of which the beginning was not seen.
  Result<void> take(Position position, const Group& group);

  // A group has begun, and its last event was not taken yet.
  bool open() const { return left_ > 0; }

  // While open: of the group's first event.
  Position first() const { return first_; }

 private:
  Position first_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t left_ = 0;  // events that must follow
};

}  // namespace syncline::log
