// What is asked of the one writer of a store, and the queue in which it waits.
//
// Thread-safety: none; where several threads ask, a lock around the queue is its owner's business.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/retention.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "log/waiting_store.h"
#include "syncline/bytes.h"

namespace syncline::store {

struct AppendRequest {
  std::string workspace;
  log::Append append;             // passed log::check_append
  log::Done<log::Appended> done;  // called by whoever commits
  bool overflowed = false;        // found the queue full: to be refused
};

struct SnapshotRequest {
  std::string workspace;
  std::string object;
  log::Snapshot snapshot;
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
  std::vector<std::string> skip;  // in order
  log::Done<log::DroppedPayloads> done;
  bool overflowed = false;
};

struct PutWaitingRequest {
  std::string workspace;
  std::string object;
  log::WaitingChange change;  // passed log::check_waiting
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

using Request =
    std::variant<AppendRequest, SnapshotRequest, CheckpointRequest, UntoldPinRequest, OriginRequest,
                 FloorRequest, DropRequest, PutWaitingRequest, RemoveWaitingRequest>;

// Bounded in bytes. What does not fit keeps its turn, since answers keep the order, but not its
// weight: it is refused with kUnavailable when its turn comes.
class RequestQueue {
 public:
  explicit RequestQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void push(Request request);
  bool empty() const { return requests_.empty(); }
  std::size_t bytes() const { return bytes_; }

  // All of it, in order.
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
