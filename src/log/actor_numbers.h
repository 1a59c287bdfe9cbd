// ActorNumbers: which changes of a named actor the log has recorded, by the actor's own numbers.
//
// A named actor (a device, an installation) numbers its changes and continues its numbers when it
// connects again. If the answer to a change was lost with the connection, the actor sends the
// change again with the same number, and the number shows that the change is recorded. Numbers of
// changes that were refused, or that contained nothing new, are not recorded. Such a change is
// judged again when it arrives again.
//
// Memory is bounded: consecutive numbers are one range, and at most kMaxRanges ranges are kept. It
// is unknown whether lower numbers were recorded, so they are refused.
//
// A plain value. Thread-safety: none.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log/event.h"

namespace syncline::log {

class ActorNumbers {
 public:
  static constexpr std::size_t kMaxRanges = 16;

  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Position position = 0;  // the newest event that contains one of the numbers

    bool operator==(const Range&) const = default;
  };

  enum class Standing : std::uint8_t {
    kNew,        // none of the numbers is recorded
    kRecorded,   // all of them are
    kOverlaps,   // some of them are
    kForgotten,  // unknown, because the numbers are too old
  };
  struct Found {
    Standing standing = Standing::kNew;
    Position position = 0;  // kRecorded: the state after this event contains the changes
  };

  explicit ActorNumbers(std::size_t max_ranges = kMaxRanges) : max_ranges_(max_ranges) {}

  // Looks up the numbers from `first` to `last`. The lowest number is 1.
  Found find(std::uint64_t first, std::uint64_t last) const;

  // Records these numbers for the event at `position`, which must be after all positions so far.
  void add(std::uint64_t first, std::uint64_t last, Position position);

  // Ascending. There is a gap between any two ranges.
  const std::vector<Range>& ranges() const { return ranges_; }
  // The highest number that was forgotten; 0 if none was.
  std::uint64_t forgotten() const { return forgotten_; }
  // The position of the newest event; 0 if nothing is recorded.
  Position last_position() const;

  // Restores what ranges() and forgotten() returned. False, without a change, if they cannot have
  // returned this.
  bool set(std::vector<Range> ranges, std::uint64_t forgotten);

  bool operator==(const ActorNumbers& other) const {
    return ranges_ == other.ranges_ && forgotten_ == other.forgotten_;
  }

 private:
  std::size_t max_ranges_;
  std::vector<Range> ranges_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace syncline::log
