// Bundles as files, written so that an incomplete file never looks complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/bundle_reader.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

// A file that is written as PATH.part and renamed to PATH once it is complete and synced.
class BundleFile {
 public:
  // `resume`: continues after the last section at which an existing PATH.part can be continued.
  // Without such a file it starts from the beginning.
  static Result<BundleFile> create(const std::string& path, bool resume);
  BundleFile(BundleFile&& other) noexcept;
  BundleFile& operator=(BundleFile&&) = delete;
  ~BundleFile();

  // What an existing file contains.
  struct Begun {
    log::BundleHeader header;
    log::BundleMark mark;
  };
  const std::optional<Begun>& begun() const { return begun_; }

  Result<void> write(ByteView bytes);
  std::uint64_t bytes() const { return bytes_; }

  // Syncs the file and renames it.
  Result<void> finish();

 private:
  explicit BundleFile(std::string path) : path_(std::move(path)) {}

  Result<void> find_begun();

  std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::optional<Begun> begun_;
};

}  // namespace syncline::cli
