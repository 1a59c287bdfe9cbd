// What the benchmarks of the embedded store share.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "syncline/error.h"

namespace syncline::bench {

// A directory of its own, removed at the end; below TMPDIR, which should be on a disk.
class ScratchDir {
 public:
  ScratchDir() : path_(std::filesystem::temp_directory_path() / "syncline-bench-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Bytes that this process had written to disks, as the kernel counts them.
inline std::uint64_t written_bytes() {
  std::ifstream lines("/proc/self/io");
  for (std::string word; lines >> word;) {
    std::uint64_t value = 0;
    if (word == "write_bytes:" && lines >> value) return value;
  }
  return 0;
}

}  // namespace syncline::bench
