// The description of what one change did to an object, and of which change wrote which characters.
// For the history, which people read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::merge {

// The limit for the description of one event: bytes of JSON, and also bytes of formats that are
// read to make it. Without a limit, a text in which each of n characters has n formats would cost
// n^2.
inline constexpr std::size_t kMaxToldBytes = std::size_t{4} << 20;

// The description of an event that exceeds the limit.
inline constexpr std::string_view kNotTold = "null";

// The id of a character or element: the replica that inserted it, and a number that this replica
// used only once. For a `doc`, these are Yjs's client id and clock.
using ReplicaId = std::uint64_t;
using ReplicaClock = std::uint32_t;

// A run of characters that one client inserted, with consecutive ids.
struct TextRun {
  ReplicaId client = 0;
  ReplicaClock clock = 0;
  ReplicaClock length = 0;  // the number of ids, which is the number of UTF-16 units
  std::string text;
};

struct AttributedText {
  std::string path;  // "content", "board.columns[2].title"
  std::vector<TextRun> runs;
};

// The ids that a change introduced.
struct IdRange {
  ReplicaId client = 0;
  ReplicaClock clock = 0;
  ReplicaClock length = 0;
};

}  // namespace syncline::merge
