// The retention of a workspace as JSON and as text, for the HTTP API and the command line.
//
//   {"keep_for":"90d","keep_last":1000,
//    "hold":{"since":"2026-01-31T12:00:00.000Z","principal":"counsel","reason":"case 7"},
//    "kept_from":2042,"swept_to":2042,"rule_says":2042,
//    "record":[{"time":"…","principal":"ann","action":"set","keep_for":"90d","keep_last":1000},
//              {"time":"…","principal":"counsel","action":"hold","reason":"case 7"}]}
//
// "keep_for", "keep_last" and "hold" are null if they are not set. "kept_from": moments from this
// position on can be read; 0 means all. "swept_to": up to this position nothing is left to drop.
// "rule_says": the position from which the next run would keep payloads. "record" has at most 100
// entries, the newest last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "log/retention.h"
#include "protocol/event_json.h"

namespace syncline::protocol {

// "90d", "12h", "30m", "45s", or "0" for no limit, as milliseconds.
Result<std::uint64_t> parse_duration(std::string_view text);
std::string duration_text(std::uint64_t ms);  // in the largest unit that divides it

// The name to show for a principal.
using NameOf = std::function<ShownName(const std::string& principal)>;

// With the names of those whom `name_of` knows, as in protocol/event_json.h.
std::string retention_to_json(const log::Retention& retention, log::Position rule_says,
                              const std::vector<log::RetentionRecord>& record,
                              const NameOf& name_of);

}  // namespace syncline::protocol
