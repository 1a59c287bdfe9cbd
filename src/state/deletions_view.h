// What the log of a workspace says was deleted (log/deletion_rules.h), for readers of the past.
//
// Thread-safety: one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log/deletion_rules.h"
#include "state/object_replay.h"
#include "syncline/error.h"

namespace syncline::state {

using SharedDeletions = std::shared_ptr<const log::HeldDeletions>;

// As of now. Never nullptr.
void load_deletions(const ReplaySources& sources, std::string workspace,
                    log::Done<SharedDeletions> done);

// Whether nothing may be shown of an object at `at`, although its last event until then, at `found`, is of a generation: that
// was deleted by then, or it is erased since. A deletion is taken to be directly after DeleteObject::after.
std::optional<Error> gone_at(const log::HeldDeletions& deletions, std::string_view object,
                             log::Position at, log::Position found);

}  // namespace syncline::state
