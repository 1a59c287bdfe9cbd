// What one change did to an object, and which characters of it came from where: for history, read
// by people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::merge {

// The most that is told of one event, in bytes of JSON, and the most bytes of formats that are looked
// at to tell it: a text can be made in which each of n characters has n formats.
inline constexpr std::size_t kMaxToldBytes = std::size_t{4} << 20;

// Said of an event of which there would be more.
inline constexpr std::string_view kNotTold = "null";

// The id of a character or element: the replica that inserted it, and a number that this replica used
// once. For a `doc`: Yjs's client id and clock.
using ReplicaId = std::uint64_t;
using ReplicaClock = std::uint32_t;

// A run of characters that one client inserted, with consecutive ids.
struct TextRun {
  ReplicaId client = 0;
  ReplicaClock clock = 0;
  ReplicaClock length = 0;  // ids, and UTF-16 units
  std::string text;
};

struct AttributedText {
  std::string path;  // "content", "board.columns[2].title"
  std::vector<TextRun> runs;
};

// The ids of what a change brought.
struct IdRange {
  ReplicaId client = 0;
  ReplicaClock clock = 0;
  ReplicaClock length = 0;
};

}  // namespace syncline::merge
