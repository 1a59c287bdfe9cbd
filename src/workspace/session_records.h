// SessionRecords: which session records (log/session_record.h) a workspace has, so that people who change it again, or
// come again with the same token, refer to the same record.
//
// Like the objects, this is ahead of the log: it is void if the log refuses an append. It is not stored: after a restart,
// somebody is recorded again when he changes something. He is also recorded again a day later, so that retention, which
// drops old records, drops that of a change at most a day before the change itself.
//
// Costs: an actor's next change compares a few pointers and numbers; another is encoded, and looked for in O(log n).
//
// Thread-safety: none; it lives on the loop of its workspace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "identity/caller.h"
#include "log/event.h"
#include "syncline/bytes.h"

namespace syncline::workspace {

class SessionRecords {
 public:
  static constexpr std::uint64_t kAgainMs = 24ull * 3600 * 1000;
  static constexpr std::size_t kMostKnown = 1024;

  struct Found {
    log::Position position = 0;  // 0: it must be recorded, and these are the bytes
    Bytes record = {};
  };
  Found find(const identity::Caller& caller, std::uint64_t now_ms);
  // What find() has just asked for is the event at this position.
  void add(const identity::Caller& caller, ByteView record, log::Position position,
           std::uint64_t now_ms);

 private:
  // Those who changed something last, by what tells them apart without encoding it.
  struct Recent {
    std::shared_ptr<const identity::Identity> identity;  // held, so that no other gets its address
    identity::Rights rights = identity::Rights::none();
    std::string principal;
    std::string actor;
    log::Position position = 0;  // 0: nobody
    std::uint64_t until_ms = 0;
  };
  struct Known {
    log::Position position = 0;
    std::uint64_t until_ms = 0;
  };

  Recent& place_of(const identity::Caller& caller);
  void note(const identity::Caller& caller, const Known& known);

  std::array<Recent, 8> recent_;
  std::map<std::string, Known, std::less<>> known_;  // by principal and record
};

}  // namespace syncline::workspace
