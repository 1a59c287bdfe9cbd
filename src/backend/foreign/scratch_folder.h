// ScratchFolder: a private folder for temporary files, below TMPDIR or /tmp. It is removed with the object. What a process
// that was killed has left there is removed by the next one that makes such a folder: whoever uses a folder holds a lock
// on it, and a lock ends with its process.
#pragma once

#include <string>
#include <utility>

#include "syncline/error.h"

namespace syncline::backend {

class ScratchFolder {
 public:
  static Result<ScratchFolder> make();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, -1)) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  ScratchFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;  // "": moved away
  int lock_ = -1;     // the open folder; -1: moved away
};

}  // namespace syncline::backend
