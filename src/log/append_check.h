// The conditions of append() and put_snapshot(), the same in every implementation.
#pragma once

#include <span>
#include <string_view>

#include "log/event.h"
#include "log/event_log.h"
#include "log/group_check.h"
#include "log/snapshot_store.h"
#include "syncline/error.h"

namespace syncline::log {

// What can be said without knowing the log: a valid name, at least one event, positions that follow
// `expected_last_position` one by one, each event linked to the one before it, groups that are whole.
// kInvalid otherwise; kTooLarge for a group of more than kMaxGroupBytes.
Result<void> check_append(std::string_view workspace, std::span<const EncodedEvent> events,
                          Position expected_last_position);

// Whether a batch that passed check_append continues the log that ends at `head`. kConflict
// otherwise.
Result<void> check_follows(std::string_view workspace, std::span<const EncodedEvent> events,
                           const Head& head);

// What can be said of a snapshot without knowing the log: kTooLarge, and kInvalid for a delta that
// extends nothing or would be a milestone.
Result<void> check_snapshot(const Snapshot& snapshot);

// kConflict, if `newest` is not what the snapshot extends: the newest intact milestone at or before
// it; 0: there is none.
Result<void> check_base(std::string_view workspace, std::string_view object,
                        const Snapshot& snapshot, Position newest);

// The head after `events`, of which there is at least one.
Head head_after(std::span<const EncodedEvent> events);

}  // namespace syncline::log
