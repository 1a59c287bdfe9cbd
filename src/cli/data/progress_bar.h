// A progress bar for long work, on a terminal's stderr. Prints nothing elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "cli/console.h"

namespace syncline::cli {

// "[######------------------]  25 %  1234567 events". If `total` is 0, only the words.
void show_progress(Console& console, std::uint64_t done, std::uint64_t total,
                   std::string_view words);

}  // namespace syncline::cli
