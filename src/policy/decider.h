// Deciders: who is asked before a caller may do something. A policy, a schema or a plugin is one. None exists yet;
// the chain of a node is empty (workspace::Services).
//
// Each read, each change and each administrative act passes the chain. A change passes it after it was prepared
// and before it is applied, so its effect is known and nothing has happened yet. The rights of the caller are
// checked first, then the deciders are asked in order. The first refusal holds.
//
// The rules of a decider are events of the workspace, too. The verdict names the last event that it depends on.
// What the verdict lets out, a refusal included, leaves only when that event is durable.
//
// Thread-safety: a decider is asked on the loop of the workspace. Pure: no I/O, no clock.
#pragma once

#include <span>
#include <string_view>

#include "log/event.h"
#include "merge/effect.h"
#include "policy/caller.h"
#include "policy/rights.h"
#include "syncline/error.h"

namespace syncline::policy {

struct Question {
  const Caller& caller;
  Right right;
  std::string_view workspace;
  std::string_view object = {};           // empty: the workspace as a whole
  std::string_view type = {};             // the object's, where it is known
  const merge::Effect* effect = nullptr;  // of a change: complete, not cut
};

struct Verdict {
  Result<void> allowed =
      {};  // or the reason, which the caller may see: kForbidden, kInvalid, kConflict
  log::Position rules = 0;  // the last event that it depends on; 0: none
};

class Decider {
 public:
  virtual ~Decider() = default;

  virtual Verdict decide(const Question& question) const = 0;
};

// The caller's rights, then each decider. `rules` is the highest of all that were asked.
Verdict decide(std::span<const Decider* const> chain, const Question& question);

}  // namespace syncline::policy
