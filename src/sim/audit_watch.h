// AuditWatch: whether the audit log holds what it should (I26 audit log). Members (sim/member.h) and the warden
// (sim/warden.h) tell it what they were answered; it reads what is on the disk.
//
//   - An administrative act stands there when its answer comes, with its status, also if it failed.
//   - Refusals, exports and reads that an audit rule fits stand there soon: when all is quiet, as often as anybody was told
//     of one by the present process. Those that a process was told of shortly before it ended may be missing.
//   - A read of the past that no audit rule fits does not stand there.
//   - No entry, and no report of the server, holds a byte of what somebody wrote, showed or said.
//
// If the server reports that the log cannot be written, nobody can demand what was to be written then.
//
// Thread-safety: none. The world and the server must outlive it; processes report to it until the world ends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "observe/report.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

class AuditWatch {
 public:
  // `log`: the workspace that holds the audit log (log/audit.h), by its name within the server.
  AuditWatch(World& world, Server& server, std::string log);

  // Who did what, as the audit log says it. Two that are alike have one key.
  struct Key {
    std::string kind = {};       // "act", "refusal", "export", "read"
    std::string principal = {};  // who asked
    std::string what = {};       // an act: method and route; a refusal or a read: the right
    std::string workspace = {};  // its public name
    std::string where = {};      // the object, or what else was named
    std::uint64_t status = 0;

    auto operator<=>(const Key&) const = default;
  };

  // A moment before an act is asked for.
  std::uint64_t failures() const;
  // An act was answered. `failures`: as they were when it was asked for.
  void answered(const Key& act, std::uint64_t failures);
  // Somebody was refused, or has got an export, or something that an audit rule fits. `by`: the process that said so.
  void told(const Key& key, const std::weak_ptr<const int>& by);
  // Somebody asks for something (1), and some rule of this time may fit that; or none did (-1).
  void may_tell(const Key& key, int times) { possible_[key] += times; }

  // A process has recovered, and serves nobody yet.
  void started();

  // When everybody is quiet: what the audit log still lacks; "" if nothing.
  std::string why_not();
  // All refusals that it holds.
  std::vector<Key> refusals();

 private:
  class Reports;

  // Reads what is new on the disk.
  void read_on();

  World& world_;
  Server& server_;
  const std::string log_;
  const std::shared_ptr<Reports> reports_;
  log::Position read_ = 0;
  std::map<Key, std::uint64_t> logged_;
  std::map<Key, std::uint64_t> acts_;  // that were answered
  std::map<Key, std::int64_t> possible_;

  // Of the present process:
  std::weak_ptr<const int> process_;
  std::uint64_t failures_then_ = 0;
  std::map<Key, std::uint64_t> logged_then_;
  std::map<Key, std::uint64_t> told_;
  // What lacks while everybody is quiet: of how many, since when.
  struct Lack {
    std::uint64_t times = 0;
    std::uint64_t since_us = 0;
  };
  std::map<Key, Lack> lacks_;
};

}  // namespace syncline::sim
