// A directory of its own for a test, removed with the object.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace syncline::testing {

// Below TMPDIR, which should be on a disk where that is what is measured.
class TempDir {
 public:
  TempDir() : root_((std::filesystem::temp_directory_path() / "syncline-test-XXXXXX").string()) {
    if (::mkdtemp(root_.data()) == nullptr) std::abort();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& root() const { return root_; }
  std::string file(const std::string& name) const { return root_ + "/" + name; }
  // For a data directory; is not there yet.
  std::string path() const { return file("data"); }

 private:
  std::string root_;
};

}  // namespace syncline::testing
