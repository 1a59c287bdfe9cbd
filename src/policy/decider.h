// Decider: allows or refuses what a caller asks for. The policies and shares of a workspace are one
// (policy/workspace_policy.h), which the workspace has itself; a schema and a plugin would be others. The chain of
// those that a server asks for all workspaces is empty (node::ShardOptions).
//
// Each read, each change and each administrative act passes the chain. A change passes it after
// prepare() and before apply(), so its effect is known and nothing has happened yet. decide() first
// checks the rights of the caller, and then asks the deciders in order. The first refusal holds.
// Whoever comes by a link (identity/link.h) has a right only while a share of the workspace names that link.
//
// The rules of a decider are events of the workspace, too. The verdict names the last event that it
// depends on. The workspace sends an answer, also a refusal, only when that event is durable.
//
// Thread-safety: a workspace asks its deciders on its loop. A decider is pure: no I/O, no clock. What it answers
// depends on the question alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "identity/caller.h"
#include "identity/rights.h"
#include "log/event.h"
#include "merge/effect.h"
#include "syncline/error.h"

namespace syncline::policy {

struct Question {
  const identity::Caller& caller;
  identity::Right right;
  std::string_view workspace;
  std::string_view object = {};           // empty: the workspace as a whole
  std::string_view type = {};             // of the object; empty if it is unknown
  const merge::Effect* effect = nullptr;  // of a change: all of it; nullptr otherwise
  // `object` is not a name, but the beginning of names that are listed.
  bool lists = false;
  std::uint64_t size = 0;     // of a change, in bytes
  std::uint64_t unix_ms = 0;  // now; 0: nobody has asked the clock
};

struct Verdict {
  Result<void> allowed = {};  // or the reason, for the caller: kForbidden, kInvalid, kConflict
  log::Position rules = 0;    // the last event that it depends on; 0: none
};

class Decider {
 public:
  virtual ~Decider() = default;

  virtual Verdict decide(const Question& question) const = 0;
};

// What a link is told that no share names any more.
Error ended_link();

// Checks the scope of the caller's token and his rights, then asks each decider of the chain, and `own`: the policies and
// shares of the workspace, nullptr if it has none. Objects of the server (log/rules.h) need Right::kHistory as well. Without
// `own`, only administrators set and see policies and shares. `rules` of the result is the highest position that a
// decider named.
Verdict decide(std::span<const Decider* const> chain, const Decider* own, const Question& question);

}  // namespace syncline::policy
