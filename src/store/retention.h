// Retention in the store: its stored values, and the dropping of payloads. Contracts:
// log/retention_store.h.
//
// Thread-safety: any thread; what a PayloadDrop stages is for the committer's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "log/retention.h"
#include "store/blobs.h"
#include "store/contents.h"
#include "store/files.h"
#include "store/keys.h"
#include "store/tables.h"

namespace syncline::store {

std::string encode_retention(const log::Retention& retention);
Result<log::Retention> decode_retention(std::string_view workspace, std::string_view value);

std::string encode_retention_record(const log::RetentionChange& change);
std::optional<log::RetentionChange> decode_retention_record(std::string_view value);

Result<log::Retention> read_retention(const Tables& tables, const std::string& workspace);
Result<std::vector<log::RetentionRecord>> read_retention_records(const Tables& tables,
                                                                 const std::string& workspace,
                                                                 std::uint64_t after,
                                                                 std::size_t limit);
Result<std::vector<std::string>> read_retained(const Tables& tables, const std::string& after,
                                               std::size_t limit);

// The number of the last record; 0 if there is none.
Result<std::uint64_t> last_retention_record(const Tables& tables, WorkspaceId id);

// The positions before which nothing may be dropped that their states need, ascending: the floor, and the pins below it.
Result<std::vector<log::Position>> kept_moments(const Tables& tables, const std::string& workspace,
                                                WorkspaceId id, log::Position floor);

// Versions of files up to `to` that no state which retention keeps has, up to 1,024. Blocks: looks at all versions of the
// workspace. What cannot be read now is found later.
std::vector<NamedVersion> read_stale_files(const Tables& tables, const std::string& workspace,
                                           log::Position to);

// Whether the blob is intact.
using BlobCheck = std::function<Result<bool>(const BlobName&)>;

// One drop, which is staged completely or not at all: if a check fails, `writes` is unchanged.
class PayloadDrop {
 public:
  PayloadDrop(const Tables& tables, std::string workspace, WorkspaceId id, log::Position floor,
              const std::vector<std::string>& skip, BlobCheck intact);

  // Stages the events from `from` to `to` to be rewritten without their payload.
  // Adds to `released` as store/contents.h says.
  Result<log::DroppedPayloads> stage(log::Position from, log::Position to, Writes& writes,
                                     std::vector<BlobName>& released);

 private:
  Result<void> cover(const std::string& object);

  const Tables& tables_;
  const std::string workspace_;
  const WorkspaceId id_;
  const log::Position floor_;
  const std::vector<std::string>& skip_;
  const BlobCheck intact_;
  std::vector<log::Position> moments_;  // kept_moments()
  std::vector<std::pair<std::string, std::string>> rewritten_;
  std::vector<std::pair<std::string, std::optional<ApartContent>>> superseded_;  // snapshots
};

// Reads the blobs of the milestones that must exist before the payloads up to `to` are dropped, and
// gives the names of those that are intact. Blocks. Reads whole snapshots, so the committer leaves
// this to a reader: it accepts a milestone whose content is apart only if it is among these.
std::set<BlobName> read_standing_blobs(const Tables& tables, const std::string& workspace,
                                       log::Position to, const std::vector<std::string>& skip);

}  // namespace syncline::store
