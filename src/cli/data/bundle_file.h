// Bundles as files: read through, and written so that a half one is never taken for a whole one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "log/bundle_reader.h"
#include "log/difference.h"
#include "state/bundle_verify.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

using OnSection = std::function<log::Checked<void>(const log::BundleSection& section)>;
using OnRead = std::function<void(std::uint64_t done, std::uint64_t total)>;  // of bytes

// Every section of the file, in order, up to its end; holds one at a time.
log::Checked<void> read_bundle(const std::string& path, const OnSection& each,
                               const OnRead& progress = {});

// Re-derives all of it, reading it as often as the memory for its objects demands.
log::Checked<state::BundleReport> verify_bundle(const std::string& path, state::BundleTrust trust,
                                                const OnRead& progress = {});

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
