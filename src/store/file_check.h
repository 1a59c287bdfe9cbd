// Reads the bytes of every file in a store, and compares them with their names: a chunk with that of its blob, a file with its
// SHA-256. Holds one chunk at a time.
//
// Thread-safety, blocking: as store/reads.h.
#pragma once

#include <cstdint>
#include <functional>

#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::store {

struct CheckedFiles {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// `go_on` gets what was read so far; if it returns false, reading stops with kUnavailable. kCorrupt: a file is damaged, or a part
// of it is missing; the message names the file.
Result<CheckedFiles> check_files(const Tables& tables,
                                 const std::function<bool(const CheckedFiles&)>& go_on);

}  // namespace syncline::store
