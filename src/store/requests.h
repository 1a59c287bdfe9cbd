// The requests to the one writer of a store, and the queue in which they wait.
//
// Thread-safety: none. If several threads submit requests, the owner of the queue must lock it.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "log/directory_store.h"
#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/retention.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "log/waiting_store.h"
#include "store/contents.h"
#include "store/file_commit.h"
#include "syncline/bytes.h"

namespace syncline::store {

struct AppendRequest {
  std::string workspace;
  log::Append append;             // log::check_append has accepted it
  log::Done<log::Appended> done;  // called by the committing code
  bool overflowed = false;        // the queue was full: it will be refused
};

struct SnapshotRequest {
  std::string workspace;
  std::string object;
  log::Snapshot snapshot;
  std::optional<ApartContent> apart = {};  // its content, if that is a blob; it is durable
  log::Done<void> done;
  bool overflowed = false;
};

struct CheckpointRequest {
  std::string workspace;
  std::uint64_t size = 0;
  std::string note;
  log::Done<void> done;
  bool overflowed = false;
};

// Of a bundle of a version before 0.2.
struct UntoldPinRequest {
  std::string workspace;
  log::Pin pin;
  log::Done<void> done;
  bool overflowed = false;
};

struct OriginRequest {
  std::string workspace;
  log::Statement origin;
  log::Done<void> done;
  bool overflowed = false;
};

struct FloorRequest {
  std::string workspace;
  log::Position floor = 0;
  log::Done<log::Retention> done;
  bool overflowed = false;
};

struct DropRequest {
  std::string workspace;
  log::Position to = 0;
  std::vector<std::string> skip;   // in order
  std::set<BlobName> intact = {};  // blobs that were read, and found intact: read_standing_blobs()
  std::vector<NamedVersion> stale = {};  // versions of files that no kept state has: read_stale_versions()
  log::Done<log::DroppedPayloads> done;
  bool overflowed = false;
};

struct EraseRequest {
  std::string workspace;
  log::ObjectErasure erasure;
  log::Done<log::ErasedPayloads> done;
  bool overflowed = false;
};

struct PutWaitingRequest {
  std::string workspace;
  std::string object;
  log::WaitingChange change;  // log::check_waiting has accepted it
  log::WaitingBudget budget;
  log::Done<log::WaitingKept> done;
  bool overflowed = false;
};

struct RemoveWaitingRequest {
  std::string workspace;
  std::string object;
  std::vector<std::uint64_t> numbers;
  log::Done<void> done;
  bool overflowed = false;
};

struct DirectoryRequest {
  std::vector<log::DirectoryChange> changes;  // log::check_directory has accepted them
  log::Done<void> done;
  bool overflowed = false;
};

struct FileRequest {
  std::string tenant;
  FileChange change;
  log::Done<void> done;
  bool overflowed = false;
};

using Request = std::variant<AppendRequest, SnapshotRequest, CheckpointRequest, UntoldPinRequest,
                             OriginRequest, FloorRequest, DropRequest, EraseRequest, PutWaitingRequest,
                             RemoveWaitingRequest, DirectoryRequest, FileRequest>;

// True if the request makes room on the disk, or prepares it: dropping what retention does not keep,
// the milestones that must exist before, and changes of what a workspace promises and of the directory, which are
// small.
// They are accepted longer than others when the disk fills.
bool makes_room(const Request& request);

// A queue with a limit in bytes. A request that does not fit keeps its turn, because answers keep
// the order, but its content is dropped. It is refused with kUnavailable when its turn comes.
class RequestQueue {
 public:
  explicit RequestQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void push(Request request);
  bool empty() const { return requests_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return requests_.size(); }

  // Removes and returns all requests, in order.
  std::vector<Request> take() {
    bytes_ = 0;
    return std::exchange(requests_, {});
  }

 private:
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::vector<Request> requests_;
};

}  // namespace syncline::store
