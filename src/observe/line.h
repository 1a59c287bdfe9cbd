// Lines: a report as one line of text for people, or as one JSON object.
//
//   2026-11-29T07:40:00.123Z warn  server    slow turn  what=change what_ms=12.5
//   {"time":"2026-11-29T07:40:00.123Z","level":"warn","area":"server","message":"slow turn",…}
//
// Each line ends with a line feed and contains no other. Nothing in it can control a terminal or
// change the direction of text: control characters, invisible and bidirectional ones are escaped,
// and so is invalid UTF-8. A field with an empty text is left out. A value has at most kMaxValueBytes bytes before it is escaped, and then
// ends with "…"; a report has at most kMaxFields fields. So a line is shorter than kMaxLineBytes.
//
// Pure functions. The caller passes the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "observe/report.h"
#include "observe/secrets.h"

namespace syncline::observe {

inline constexpr std::size_t kMaxValueBytes = 512;
inline constexpr std::size_t kMaxFields = 12;
// A value above this is not looked at: its size stands in its place.
inline constexpr std::size_t kMaxLookedAtBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10;

// `suppressed`: how many equal reports were left out before this one; 0: no field.
std::string text_line(const Report& report, std::uint64_t unix_ms, std::uint64_t suppressed,
                      const Secrets& secrets);
std::string json_line(const Report& report, std::uint64_t unix_ms, std::uint64_t suppressed,
                      const Secrets& secrets);

}  // namespace syncline::observe
