// The preconditions of append() and put_snapshot(), which are the same in every implementation.
#pragma once

#include <span>
#include <string_view>

#include "log/event.h"
#include "log/event_log.h"
#include "log/group_check.h"
#include "log/snapshot_store.h"
#include "syncline/error.h"

namespace syncline::log {

// The checks that need no knowledge of the log: a valid name, at least one event, consecutive
// positions after `expected_last_position`, each event linked to the one before it, whole groups.
// kInvalid otherwise; kTooLarge for a group of more than kMaxGroupBytes.
Result<void> check_append(std::string_view workspace, std::span<const EncodedEvent> events,
                          Position expected_last_position);

// Checks that a batch that passed check_append continues the log that ends at `head`. kConflict
// otherwise.
Result<void> check_follows(std::string_view workspace, std::span<const EncodedEvent> events,
                           const Head& head);

// The checks of a snapshot that need no knowledge of the log: kTooLarge for its size; kInvalid for
// a delta without a base or a delta that would be a milestone.
Result<void> check_snapshot(const Snapshot& snapshot);

// kConflict if the snapshot does not extend `newest`, which is the newest intact milestone at or
// before it (0 if there is none).
Result<void> check_base(std::string_view workspace, std::string_view object,
                        const Snapshot& snapshot, Position newest);

// The head after `events`. There must be at least one.
Head head_after(std::span<const EncodedEvent> events);

}  // namespace syncline::log
