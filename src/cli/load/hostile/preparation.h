// Makes the documents that attacks need: large ones, and one with a long history. They are made once:
// their names contain their size, and what is there already stays.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "cli/load/hostile/attack.h"
#include "syncline/error.h"

namespace syncline::cli {

// Blocks, at most ten minutes. kUnavailable if the server does not accept the documents in this time.
Result<void> prepare_ground(const Ground& ground, std::span<const AttackKind* const> attacks,
                            const std::function<void(std::string_view)>& progress);

}  // namespace syncline::cli
