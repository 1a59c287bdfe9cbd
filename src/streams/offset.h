// Offsets of Durable Streams: places in a stream, as texts that sort as the places do.
//
// The offset behind an event of the log is its position, "0000000000000042_0000000000000000": 16 digits, and 16 more
// that are 0 at present. So an offset needs no table, reading on from it is one look into the log, and a fork has the
// offsets of its source. Clients may only compare them.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::streams {

// A position of the log (log::Position): what is behind it, not what is at it. 0: the beginning.
using Offset = std::uint64_t;

std::string offset_text(Offset offset);

// Where a reader wants to begin. "-1" is the beginning, and "now" the end, wherever it is.
struct StartPlace {
  Offset offset = 0;
  bool at_end = false;

  bool operator==(const StartPlace&) const = default;
};

// kInvalid: it is no offset.
Result<Offset> parse_offset(std::string_view text);
Result<StartPlace> parse_start(std::string_view text);

// The cursor of an answer to a live reader: the number of the present interval of 20 seconds since 2024-10-09. So
// caches between the server and its readers keep an answer for that long and no longer. A reader that had this one, or a
// later one, gets a higher one: `jitter` is random.
std::string cursor_text(std::uint64_t unix_ms, std::string_view had, std::uint64_t jitter);

}  // namespace syncline::streams
