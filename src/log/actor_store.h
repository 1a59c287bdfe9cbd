// ActorStore: which changes of named actors the log has recorded (log/actor_numbers.h), as the
// store keeps it.
//
// This interface only reads. An append whose events have numbers of named actors
// (EncodedEvent::numbered) updates the entries in the same step. So they always match the log,
// whichever way the events got there.
//
// For each tenant and principal of a workspace, a store keeps the kMaxActors actors with the newest
// events and forgets the others. The store then recognises no change of a forgotten actor.
//
// Threads, ownership and answers: see log/event_log.h, which applies to the whole store.
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

  // If nothing is recorded, the answer has no ranges. kInvalid: no event can have such an actor.
  // kCorrupt: the entry is damaged.
  virtual void load_actor(std::string workspace, ActorId actor, Done<ActorNumbers> done) = 0;
};

}  // namespace syncline::log
