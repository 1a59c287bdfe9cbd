// Bundles as files, written so that an incomplete file never looks complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/bundle_reader.h"
#include "state/bundle_verify.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

// What a bundle has of the files that its events name, and lacks; nothing if they name none.
std::vector<std::string> file_lines(const state::BundleReport& report);

// A file that is written as PATH.part and renamed to PATH once it is complete and synced.
class BundleFile {
 public:
  // `resume`: continues after the last section at which an existing PATH.part can be continued.
  // Without such a file it starts from the beginning. Nothing is made or changed before the first
  // write(), so that a request which is refused leaves no file behind.
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
  bool is_open() const { return file_ >= 0; }  // something was written

  Result<void> write(ByteView bytes);
  std::uint64_t bytes() const { return bytes_; }

  // Syncs the file and renames it.
  Result<void> finish();

 private:
  explicit BundleFile(std::string path) : path_(std::move(path)) {}

  Result<void> find_begun();
  Result<void> open();

  std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::optional<Begun> begun_;
};

}  // namespace syncline::cli
