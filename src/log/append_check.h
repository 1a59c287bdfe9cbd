// The conditions of EventLog::append, the same in every implementation.
#pragma once

#include <span>
#include <string_view>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

// What can be said without knowing the log: a valid name, at least one event, positions that follow
// `expected_last_position` one by one, each event linked to the one before it. kInvalid otherwise.
Result<void> check_append(std::string_view workspace, std::span<const EncodedEvent> events,
                          Position expected_last_position);

// Whether a batch that passed check_append continues the log that ends at `head`. kConflict
// otherwise.
Result<void> check_follows(std::string_view workspace, std::span<const EncodedEvent> events,
                           const Head& head);

// The head after `events`, of which there is at least one.
Head head_after(std::span<const EncodedEvent> events);

}  // namespace syncline::log
