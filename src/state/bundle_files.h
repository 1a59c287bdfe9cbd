// BundleFiles: verifies the files of a bundle (log/bundle.h): each has the bytes of its hash, and an event or a state in the
// bundle names it. A BundleReader has checked their order and lengths.
//
// An event may name a file that is not in the bundle: its bytes were not stored where the bundle was written, or were left
// out. That is no difference; the report says so.
//
// Memory: about a hundred bytes for each file that is named. Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "log/bundle.h"
#include "log/difference.h"
#include "log/event.h"

namespace syncline::state {

// The file that the state of an object is; nullopt: it is no file.
std::optional<Hash256> file_of(const log::BundleSnapshot& snapshot);

class BundleFiles {
 public:
  struct Report {
    log::BundleContents there;
    std::uint64_t missing = 0;  // files that something names, and that are not in the bundle
    // The first of them is named there.
    log::Position missing_at = 0;
    std::string missing_object;
  };

  void take(const log::Event& event);
  void take(const log::BundleSnapshot& snapshot);
  log::Checked<void> take(const std::string& workspace, const log::BundleFile& file);
  log::Checked<void> take(const std::string& workspace, const log::BundleChunk& chunk);

  Report report() const;

 private:
  struct Named {
    log::Position position = 0;
    std::string object;
    bool there = false;
  };

  void name(const Hash256& file, log::Position position, const std::string& object);

  std::map<Hash256, Named> named_;
  log::BundleFile file_;  // the last one
  std::uint64_t left_ = 0;
  Sha256 hash_;
  log::BundleContents there_;
};

}  // namespace syncline::state
