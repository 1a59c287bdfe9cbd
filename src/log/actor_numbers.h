// Which changes of an actor that names itself a log has recorded, by the actor's own numbers.
//
// An actor that names itself (a device, an installation) numbers its changes and goes on with its numbers
// when it connects again. A change that it sends again, because the answer was lost with the connection,
// has the number that it had before, and is recognised here. Numbers of changes that were refused, or held
// nothing new, are not recorded: such a change is judged anew when it comes again.
//
// Bounded: numbers that follow one another are one range, of which kMaxRanges are kept. What is lower than
// those can no longer be told apart, and is refused.
//
// A value. Thread-safety: none.
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
    Position position = 0;  // the newest event that holds one of them

    bool operator==(const Range&) const = default;
  };

  enum class Standing : std::uint8_t {
    kNew,        // not recorded
    kRecorded,   // all of them
    kOverlaps,   // some of them
    kForgotten,  // too old to say
  };
  struct Found {
    Standing standing = Standing::kNew;
    Position position = 0;  // kRecorded: the state after this event holds them
  };

  explicit ActorNumbers(std::size_t max_ranges = kMaxRanges) : max_ranges_(max_ranges) {}

  // Of the numbers from `first` to `last`; 1 is the lowest.
  Found find(std::uint64_t first, std::uint64_t last) const;

  // They are recorded at `position`, which is behind those before.
  void add(std::uint64_t first, std::uint64_t last, Position position);

  // In order; no two touch one another.
  const std::vector<Range>& ranges() const { return ranges_; }
  // The highest number that was forgotten; 0: none was.
  std::uint64_t forgotten() const { return forgotten_; }
  // Of the newest event.
  Position last_position() const;

  // Of what ranges() and forgotten() gave. False: they did not.
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
