// What one change did to an object, and which characters of it came from where: for history, read
// by people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "syncline/crdt/id.h"

namespace syncline::merge {

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
