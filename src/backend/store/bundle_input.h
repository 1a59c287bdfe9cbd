// Bundles (log/bundle.h) as files: read from the front, in bounded memory.
//
// Thread-safety: none per object; each blocks on the disk, so it is for no loop.
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

// The bytes of a file, a piece at a time. A file that is not there fails with kNotFound.
class BundleInput {
 public:
  explicit BundleInput(std::string path);
  ~BundleInput();
  BundleInput(const BundleInput&) = delete;
  BundleInput& operator=(const BundleInput&) = delete;

  // Valid until the next call; empty: the end.
  Result<ByteView> read();
  // From that byte on.
  Result<void> seek(std::uint64_t offset);
  std::uint64_t size() const;

 private:
  const std::string path_;
  int file_;
  const int open_error_;
  Bytes chunk_;
};

using OnSection = std::function<log::Checked<void>(const log::BundleSection& section)>;
// Of bytes; false stops, with kUnavailable.
using OnRead = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Every section of the file, in order, up to its end; holds one at a time.
log::Checked<void> read_bundle(const std::string& path, const OnSection& each,
                               const OnRead& progress = {});

// Re-derives all of it, reading it as often as the memory for its objects demands.
log::Checked<state::BundleReport> verify_bundle(const std::string& path, state::BundleTrust trust,
                                                const OnRead& progress = {});

}  // namespace syncline::backend
