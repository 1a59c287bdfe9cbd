// Facts about this machine and this build that are necessary to judge figures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::cli {

unsigned core_count();
double load_average();  // average of the last minute

// The median time of writing 4 KiB and syncing it in this directory, in microseconds; 0 if this is
// impossible. Takes a few milliseconds on a fast disk and at most a second.
std::uint64_t sync_latency_us(const std::string& directory);

// What makes this build slower than a release: "is not optimised", "has AddressSanitizer".
std::vector<std::string> build_handicaps();

}  // namespace syncline::cli
