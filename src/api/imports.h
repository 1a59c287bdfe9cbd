// Imports of workspaces from bundles (docs/formats/bundle.md), in pieces, as the API requests them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/bundle.h"
#include "log/difference.h"
#include "log/event_log.h"

namespace syncline::api {

enum class ImportState : std::uint8_t { kNone, kReceiving, kVerifying, kAppending, kDone, kFailed };

// "none", "receiving", …
std::string_view to_string(ImportState state);

struct ImportStatus {
  ImportState state = ImportState::kNone;
  std::uint64_t received = 0;  // bytes; the next piece begins here
  std::uint64_t done = 0;      // bytes that were verified or appended
  std::uint64_t appended = 0;  // events
  std::optional<log::BundleHeader> header;
  std::optional<log::Difference> failure;
};

// Thread-safety: any thread. Answers come on any thread, or at once.
class Imports {
 public:
  virtual ~Imports() = default;

  virtual void status(const std::string& workspace, log::Done<ImportStatus> done) = 0;

  // Accepts the bytes of the bundle from `offset` on; offset 0 begins an import.
  //   kConflict     the workspace exists; or other bytes are expected next
  //   kMalformed    the bytes do not continue the bundle
  //   kUnavailable  somebody is connected to the workspace; too many imports; the disk
  virtual void piece(const std::string& workspace, std::uint64_t offset, std::string bytes,
                     log::Done<ImportStatus> done) = 0;

  // Discards what has arrived. kConflict if everything has arrived and is being imported.
  virtual void give_up(const std::string& workspace, log::Done<ImportStatus> done) = 0;
};

}  // namespace syncline::api
