// What a store keeps of actors that name themselves: which of their changes the log has recorded.
//
// Nobody writes it: an append whose events are numbered by such actors (EncodedEvent::numbered) brings it
// up to date in the same step. So it always fits the log, however the events came there.
//
// Bounded: a store keeps the kMaxActors actors of one tenant and principal in a workspace that were
// recorded last, and forgets others. Of one that was forgotten nothing is recognised any more.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <string>

#include "log/actor_numbers.h"
#include "log/done.h"
#include "log/event.h"

namespace syncline::log {

inline constexpr std::size_t kMaxActors = 1024;

class ActorStore {
 public:
  virtual ~ActorStore() = default;

  // Nothing recorded: no ranges. kInvalid: no event can have such an actor. kCorrupt: what is kept is
  // damaged.
  virtual void load_actor(std::string workspace, ActorId actor, Done<ActorNumbers> done) = 0;
};

}  // namespace syncline::log
