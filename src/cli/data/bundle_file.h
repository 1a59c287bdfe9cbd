// Bundles as files, written so that a half one is never taken for a whole one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/bundle_reader.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

// A file that comes into being as PATH.part, and is called PATH once it is whole and on the disk.
class BundleFile {
 public:
  // `resume`: goes on behind the last section of a PATH.part that can be gone on with; where there is
  // none, begins anew.
  static Result<BundleFile> create(const std::string& path, bool resume);
  BundleFile(BundleFile&& other) noexcept;
  BundleFile& operator=(BundleFile&&) = delete;
  ~BundleFile();

  // What is there already.
  struct Begun {
    log::BundleHeader header;
    log::BundleMark mark;
  };
  const std::optional<Begun>& begun() const { return begun_; }

  Result<void> write(ByteView bytes);
  std::uint64_t bytes() const { return bytes_; }

  // Syncs and names it.
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
