// A bundle that comes in pieces, kept in a file until it is whole. What was not there whole when the
// process ended, or does not fit what came before, is cut off again; so the file always begins as a
// bundle does.
//
//   DIR/WORKSPACE.part      still coming
//   DIR/WORKSPACE.bundle    whole, and on the disk: what was begun with it must be finished
//
// Memory: a section of the bundle (log/bundle.h), while it is loaded. Blocks on the disk.
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/bundle_reader.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

class ImportStage {
 public:
  ImportStage(std::string directory, const std::string& workspace);
  ImportStage(ImportStage&& other) noexcept;
  ImportStage& operator=(ImportStage&&) = delete;
  ~ImportStage();

  // Reads what is there, and cuts it back to whole sections.
  Result<void> load();

  // The next bytes. One that is refused leaves what was there, up to its last whole section.
  //   kMalformed    these bytes do not continue the file
  //   kUnavailable  the disk is full, or cannot be written to
  Result<void> append(ByteView piece);

  // The end has come: finish() syncs it and names it so.
  bool at_end() const { return reader_.at_end(); }
  Result<void> finish();

  std::uint64_t received() const { return received_; }
  const std::optional<log::BundleHeader>& header() const { return header_; }

  const std::string& whole_path() const { return whole_; }

  // As if nothing had come.
  Result<void> remove();

  // Workspaces of which there is something in `directory`; `whole` of those that are complete.
  struct Found {
    std::string workspace;
    bool whole = false;
  };
  static Result<std::vector<Found>> find(const std::string& directory);

 private:
  Result<void> take(ByteView bytes);
  Result<void> cut();

  const std::string directory_;
  const std::string part_;
  const std::string whole_;
  int file_ = -1;
  std::uint64_t received_ = 0;
  log::BundleReader reader_;
  std::optional<log::BundleHeader> header_;
};

}  // namespace syncline::backend
