// One owner per data directory: a lock file that holds the owner's process id.
//
// The kernel drops the lock with the process, however that ends, so a crash leaves nothing to clean
// up.
#pragma once

#include <string>

#include "syncline/error.h"

namespace syncline::backend::store {

class DirLock {
 public:
  // Takes DIR/LOCK. kConflict, naming directory and owner, when another process (or another lock of
  // this one) holds it.
  static Result<DirLock> take(const std::string& dir);

  ~DirLock();
  DirLock(DirLock&& other) noexcept;
  DirLock& operator=(DirLock&&) = delete;

 private:
  explicit DirLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace syncline::backend::store
