// Shared by the benchmarks of the embedded store.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace syncline::bench {

// The bytes that this process has written to disks, as the kernel counts them.
inline std::uint64_t written_bytes() {
  std::ifstream lines("/proc/self/io");
  for (std::string word; lines >> word;) {
    std::uint64_t value = 0;
    if (word == "write_bytes:" && lines >> value) return value;
  }
  return 0;
}

}  // namespace syncline::bench
