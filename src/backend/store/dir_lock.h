// DirLock: ensures one owner per data directory, with a lock file that contains the owner's process
// id.
//
// The kernel releases the lock when the process ends in any way, so nothing must be cleaned up
// after a crash.
#pragma once

#include <string>

#include "syncline/error.h"

namespace syncline::backend::store {

class DirLock {
 public:
  // Locks DIR/LOCK. If another process (or another lock of this one) holds it, kConflict with a
  // message that names the directory and the owner.
  static Result<DirLock> take(const std::string& dir);

  ~DirLock();
  DirLock(DirLock&& other) noexcept;
  DirLock& operator=(DirLock&&) = delete;

 private:
  explicit DirLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace syncline::backend::store
