// Bundles (log/bundle.h) as files, read from the front in bounded memory.
//
// Thread-safety: none per object. Reading blocks on the disk, so do not use it on a loop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "log/bundle_reader.h"
#include "log/difference.h"
#include "state/bundle_verify.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

// Reads the bytes of a file in pieces. A missing file fails with kNotFound.
class BundleInput {
 public:
  explicit BundleInput(std::string path);
  ~BundleInput();
  BundleInput(const BundleInput&) = delete;
  BundleInput& operator=(const BundleInput&) = delete;

  // The next piece; valid until the next call. Empty at the end.
  Result<ByteView> read();
  // Continues at that byte.
  Result<void> seek(std::uint64_t offset);
  std::uint64_t size() const;

 private:
  const std::string path_;
  int file_;
  const int open_error_;
  Bytes chunk_;
};

using OnSection = std::function<log::Checked<void>(const log::BundleSection& section)>;
// Gets the number of bytes. If it returns false, reading stops with kUnavailable.
using OnRead = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Reads every section of the file, in order, up to its end. Holds one section at a time.
log::Checked<void> read_bundle(const std::string& path, const OnSection& each,
                               const OnRead& progress = {});

// Verifies everything in the bundle. Reads it several times if the memory for its objects is small.
log::Checked<state::BundleReport> verify_bundle(const std::string& path, state::BundleTrust trust,
                                                const OnRead& progress = {});

}  // namespace syncline::backend
