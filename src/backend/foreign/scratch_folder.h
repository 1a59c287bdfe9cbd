// ScratchFolder: a private folder for temporary files, below TMPDIR or /tmp. It is removed with the object.
#pragma once

#include <string>

#include "syncline/error.h"

namespace syncline::backend {

class ScratchFolder {
 public:
  static Result<ScratchFolder> make();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;  // "": moved away
};

}  // namespace syncline::backend
