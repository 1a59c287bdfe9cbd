// AuditKeeper: writes the audit logs of tenants (log/audit.h). An audit log is a workspace, which may live on another
// loop; the keeper of each loop sends there what happened on its own.
//
// Acts are written at once, and whoever did one gets his answer when it is durable. Refusals and reads are written once a
// second: those of the last second before a crash are not there.
//
// Thread-safety: none; it lives on its loop. Ownership: the shard owns it; what it refers to must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/memory_cell.h"
#include "base/scheduler.h"
#include "identity/audit_sink.h"
#include "log/audit.h"
#include "log/done.h"
#include "observe/report.h"
#include "policy/audit_trail.h"

namespace syncline::node {

class Shards;

class AuditKeeper final : public identity::AuditSink {
 public:
  static constexpr std::uint64_t kWriteMs = 1000;

  // `reports` may be nullptr. What waits to be written is charged to `memory`; nullptr: it is not.
  AuditKeeper(const Shards& shards, Scheduler& loop, observe::Sink* reports,
              SharedCell memory = nullptr);
  ~AuditKeeper() override;
  AuditKeeper(const AuditKeeper&) = delete;
  AuditKeeper& operator=(const AuditKeeper&) = delete;

  void refused(const identity::Refusal& refusal) override;
  void read(const identity::Caller& caller, identity::Right right, std::string_view workspace,
            std::string_view object) override;
  void presented_wrong_token(std::string_view peer) override;

  // Writes an entry into the log of the tenant ("": the default tenant). `done` is called when it is durable, on the
  // loop of that log. If it cannot be written, the operator's log says so.
  void record(std::string_view tenant, log::AuditEntry entry, log::Done<void> done);

 private:
  void add(std::string_view tenant, log::AuditEntry entry);
  void write_counted();
  void write(std::string_view tenant, const std::vector<log::AuditEntry>& entries,
             log::Done<void> done);

  const Shards& shards_;
  Scheduler& loop_;
  observe::Reporter reporter_;
  policy::AuditTrail trail_;
  Scheduler::TimerId timer_ = 0;
};

// Who is behind an entry, and from where; the rest is empty.
log::AuditEntry audit_entry_of(const identity::Caller& caller, std::string_view peer);

}  // namespace syncline::node
