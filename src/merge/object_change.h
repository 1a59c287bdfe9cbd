// What one change did to an object, and which characters of it came from where: for history, read
// by people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "syncline/crdt/id.h"

namespace syncline::merge {

// The most that is told of one event, in bytes of JSON, and the most bytes of formats that are looked
// at to tell it: a text can be made in which each of n characters has n formats.
inline constexpr std::size_t kMaxToldBytes = std::size_t{4} << 20;

// Said of an event of which there would be more.
inline constexpr std::string_view kNotTold = "null";

// A run of characters that one client inserted, with consecutive ids.
struct TextRun {
  crdt::ClientId client = 0;
  crdt::Clock clock = 0;
  crdt::Clock length = 0;  // ids, and UTF-16 units
  std::string text;
};

struct AttributedText {
  std::string path;  // "content", "board.columns[2].title"
  std::vector<TextRun> runs;
};

// The ids of what a change brought.
struct IdRange {
  crdt::ClientId client = 0;
  crdt::Clock clock = 0;
  crdt::Clock length = 0;
};

}  // namespace syncline::merge
