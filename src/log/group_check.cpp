#include "log/group_check.h"

#include <fmt/format.h>

namespace syncline::log {

Result<void> GroupCheck::take(Position position, const Group& group) {
  const bool continues = left_ > 0;
  const bool fits =
      continues ? group.size == size_ && group.index == size_ - left_ : group.index == 0;
  if (!fits)
    return fail(ErrorCode::kCorrupt,
                continues ? fmt::format("event {} does not continue the group of event {}",
                                        position, first_)
                          : fmt::format("event {} continues a group that did not begin", position));
  if (!continues) {
    first_ = position;
    size_ = left_ = group.size;
  }
  if (left_ > 0) --left_;
  return {};
}

}  // namespace syncline::log
