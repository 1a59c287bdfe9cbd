// Agents: programs that work on objects by single requests, through a protocol that has sessions and no connection (the
// Model Context Protocol, api/mcp.cpp).
//
// An agent is a participant like any other. While it is at work on an object, others see it there: its presence
// (workspace/presence.h) has its name and the kind "agent". It has a place among the connections of its tenant, operators
// see it and end it, and it leaves when its token ends, when it may not read the object any more, when its session
// ends, or kShownMs after its last request about the object.
//
//   auto id = agents.begin(caller.principal, "Scribe");          // on the loop where the session begins
//   const std::string* name = agents.use(*id, caller.principal);  // on that loop, for each request
//   agents.show({*id, caller, workspace, object, *name});         // on the loop of the workspace, after each
//   agents.leave(*id);                                            // on each loop, when the session ends
//
// Nothing of a session is durable: after a restart, its client begins another one.
//
// Thread-safety: none; one loop. Ownership: the shard of the loop owns it; what it refers to must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/scheduler.h"
#include "identity/caller.h"
#include "session/limits.h"
#include "session/session_table.h"
#include "syncline/error.h"
#include "workspace/host.h"

namespace syncline::session {

// An agent at work on an object.
struct AgentWork {
  std::string session;
  identity::Caller caller;
  std::string workspace;
  std::string object;
  std::string name;  // that others are shown
};

class Agents {
 public:
  static constexpr std::size_t kMostSessions = 4096;
  static constexpr std::size_t kMostOfOne = 32;  // of a principal, on one loop
  static constexpr std::uint64_t kIdleMs = 30 * 60'000;
  static constexpr std::size_t kMostAtWork = 1024;  // of all sessions
  static constexpr std::size_t kMostObjects = 8;    // of one session, on one loop
  static constexpr std::uint64_t kShownMs = 60'000;
  static constexpr std::size_t kMostNameBytes = 64;

  // `loop_index` is a part of ids, so that a node finds the loop of a session. `random` must be unpredictable.
  Agents(workspace::Host& host, SessionTable& table, Counters& counters, Random& random,
         std::size_t loop_index);
  ~Agents();
  Agents(const Agents&) = delete;
  Agents& operator=(const Agents&) = delete;

  // Begins a session. If the principal has kMostOfOne, the one that was used longest ago ends. kUnavailable: there are
  // too many of all.
  Result<std::string> begin(const identity::Principal& principal, std::string name);
  // The name in a session of this principal, which counts as used now; nullptr: there is no such session. It is valid
  // until the next call.
  const std::string* use(std::string_view id, const identity::Principal& principal);
  // False: there was no such session.
  bool end(std::string_view id, const identity::Principal& principal);
  // Which loop a session with this id is on; nullopt: it is no id.
  static std::optional<std::size_t> loop_of(std::string_view id);

  // The workspace must have admitted the caller. Shows nothing if he may not show himself there, or if there are too many.
  void show(AgentWork work);
  // The session has ended.
  void leave(std::string_view session);

  std::size_t sessions() const { return sessions_.size(); }
  std::size_t at_work() const { return works_.size(); }

 private:
  struct Session {
    std::string owner;  // the tenant and the id of the principal
    std::string name;
    std::uint64_t used_ms = 0;
    std::list<std::string>::iterator place;  // in used_
  };
  class Shown;
  using Key = std::pair<std::string, std::string>;  // of the session, and of workspace and object

  Session* find(std::string_view id, const identity::Principal& principal);
  void forget(std::map<std::string, Session, std::less<>>::iterator session);
  void drop_idle();
  void make_room(const std::string& session);
  void remove_later(const Key& key);

  workspace::Host& host_;
  SessionTable& table_;
  Counters& counters_;
  Random& random_;
  const std::size_t loop_index_;
  std::map<std::string, Session, std::less<>> sessions_;
  std::list<std::string> used_;  // their ids, the one that was used longest ago first
  std::map<Key, std::unique_ptr<Shown>> works_;
  std::uint64_t last_use_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
