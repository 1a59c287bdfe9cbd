// ImportStage: a file that collects a bundle in pieces until it is complete. It cuts off again what
// was incomplete when the process ended, and what does not continue the file. So the file is always
// the beginning of a bundle.
//
//   DIR/WORKSPACE.part      incomplete
//   DIR/WORKSPACE.bundle    complete and synced; the import of it must be finished
//
// Memory: one section of the bundle (log/bundle.h) while it is loaded. Blocks on the disk.
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

  // Reads the existing file and cuts it back to whole sections.
  Result<void> load();

  // Appends the next bytes. If they are refused, the file is as it was, up to its last whole
  // section.
  //   kMalformed    these bytes do not continue the file
  //   kUnavailable  the disk is full, or cannot be written to
  Result<void> append(ByteView piece);

  // True if the bundle is complete. finish() then syncs the file and renames it.
  bool at_end() const { return reader_.at_end(); }
  Result<void> finish();

  std::uint64_t received() const { return received_; }
  const std::optional<log::BundleHeader>& header() const { return header_; }

  const std::string& whole_path() const { return whole_; }

  // Removes the file and starts from the beginning.
  Result<void> remove();

  // The workspaces that have a file in `directory`; `whole` is set for complete ones.
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
