// TempDir: a directory for one test, which is removed with the object.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace syncline::testing {

// It is below TMPDIR. If a test measures a disk, TMPDIR should be on that disk.
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
  // For a data directory. It does not exist yet.
  std::string path() const { return file("data"); }

 private:
  std::string root_;
};

}  // namespace syncline::testing
