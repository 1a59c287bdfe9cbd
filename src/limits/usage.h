// WorkspaceUse: what one workspace of a tenant has and does, against the quotas of each workspace and those of the
// whole tenant (limits/quotas.h). UseTable finds it. A workspace of the default tenant has no quotas, and none of
// these.
//
// What a workspace stores outlasts the process: its keeper (node/usage_keeper.h) writes down what has changed.
//
// Thread-safety: none; both live on the loop of the workspace. What is counted for the tenant is seen by all loops.
// Ownership: connections and the workspace share it; the table forgets what nobody uses and is written down.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limits/tenants.h"

namespace syncline::limits {

// What outlasts the process.
struct StoredUse {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;  // of changes

  bool operator==(const StoredUse&) const = default;
};

// Two numbers in lib0's encoding. kCorrupt: the bytes are something else.
Bytes encode_use(const StoredUse& use);
Result<StoredUse> decode_use(ByteView bytes);

class WorkspaceUse {
 public:
  WorkspaceUse(SharedTenant tenant, const StoredUse& stored)
      : tenant_(std::move(tenant)), stored_(stored), durable_(stored) {}

  const SharedTenant& tenant() const { return tenant_; }
  const StoredUse& stored() const { return stored_; }
  // Of that, what the log has made durable: what may be written down.
  const StoredUse& durable() const { return durable_; }
  std::uint64_t connections() const { return connections_; }

  // May there be more of this, by the quota of the workspace and by that of the tenant?
  Result<void> check(Quota quota, std::uint64_t more) const;

  // A change goes to the log with so many bytes, and with it perhaps the workspace or its object begins. `sign` is
  // -1 if the log has lost it after all.
  void store(std::uint64_t bytes, bool new_object, bool new_workspace, int sign = 1);
  // It is durable.
  void settle(std::uint64_t bytes, bool new_object);
  // The workspace, or more of it, has come with an import, and is durable.
  void take_over(std::uint64_t bytes, std::uint64_t objects, bool new_workspace);
  // Retention has dropped changes of so many bytes.
  void drop(std::uint64_t bytes);

  void connect(int sign);

  // Counts events or bytes. Returns for how many milliseconds nothing should be read from a client of it; 0: go on.
  std::uint64_t take(Quota quota, std::uint64_t units, std::uint64_t now_ms);
  std::uint64_t wait_ms(std::uint64_t now_ms) const;

 private:
  Rate rate(Quota quota) const;

  const SharedTenant tenant_;
  StoredUse stored_;
  StoredUse durable_;
  std::uint64_t connections_ = 0;
  TokenBucket events_;
  TokenBucket bytes_;
};

using SharedUse = std::shared_ptr<WorkspaceUse>;

// The place of a connection in its workspace and its tenant, which it gives back.
class Place {
 public:
  Place() = default;
  explicit Place(SharedUse use) : use_(std::move(use)) { use_->connect(1); }
  Place(Place&& other) noexcept : use_(std::exchange(other.use_, nullptr)) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(use_, other.use_);
    return *this;
  }
  ~Place() {
    if (use_ != nullptr) use_->connect(-1);
  }

  // nullptr: the workspace is of the default tenant.
  const SharedUse& use() const { return use_; }

 private:
  SharedUse use_;
};

class UseTable {
 public:
  // `tenants`: must outlive the table; nullptr: there are none but the default tenant.
  explicit UseTable(const Tenants* tenants = nullptr) : tenants_(tenants) {}

  // What was written down of a workspace, by its name within the server.
  void restore(const std::string& workspace, const StoredUse& stored);

  // nullptr: the workspace is of the default tenant, or of none that exists, or it holds the tenant's audit log, which
  // no quota concerns.
  SharedUse of(const std::string& workspace);

  // Up to `most` workspaces of which something is not written down, and what it is. They then count as written.
  std::vector<std::pair<std::string, StoredUse>> take_changed(std::size_t most);

 private:
  struct Entry {
    SharedUse use;      // nullptr: nobody uses it
    StoredUse written;  // as it is written down
  };

  const Tenants* const tenants_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> looked_at_;  // since they were last taken
};

}  // namespace syncline::limits
