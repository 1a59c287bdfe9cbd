// What is to be known of this machine and this build before figures are believed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::cli {

unsigned core_count();
double load_average();  // of the last minute

// The median time that writing 4 KiB and syncing it takes in this directory, in microseconds; 0 if
// it cannot be tried. Takes a few milliseconds on a fast disk, at most a second.
std::uint64_t sync_latency_us(const std::string& directory);

// What makes this program slower than what people run: "is not optimised", "has AddressSanitizer".
std::vector<std::string> build_handicaps();

}  // namespace syncline::cli
