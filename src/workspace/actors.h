// Actors of one workspace that name themselves: which of their changes are recorded, or on their way to
// the log. A change that is sent again, over another connection or after a restart, is recognised by its
// number (log/actor_numbers.h), whatever it says.
//
// Like the objects, what is known here runs ahead of the log, and is void when the log refuses.
//
// Who does not name itself costs nothing here. An actor is in memory while somebody holds it: whoever speaks
// for it, and its changes until they are durable.
//
// Thread-safety: none; one loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/actor_store.h"
#include "syncline/error.h"

namespace syncline::workspace {

// Shared by all who speak for the actor.
class NamedActor {
 public:
  const log::ActorId& id() const { return id_; }

 private:
  friend class Actors;
  struct Key {};

 public:
  NamedActor(Key, log::ActorId id, log::ActorNumbers numbers, std::shared_ptr<const int> view)
      : id_(std::move(id)), numbers_(std::move(numbers)), view_(view) {}

 private:
  const log::ActorId id_;
  log::ActorNumbers numbers_;
  const std::weak_ptr<const int> view_;  // expired: the numbers are void
};

class Actors {
 public:
  using Recalled = log::Done<std::shared_ptr<NamedActor>>;

  // nullptr: nothing is kept of actors. `store` outlives this and its callbacks.
  Actors(std::string workspace, log::ActorStore* store)
      : workspace_(std::move(workspace)), store_(store) {}

  // The actor, with what is recorded of it. kUnsupported without a store, kInvalid for what is no name.
  void recall(log::ActorId actor, Recalled done);

  // The position of a state that holds the actor's change of that number; nullopt: it is new.
  //   kUnavailable  the numbers are void
  //   kInvalid      0 is no number
  //   kConflict     the number is too old to tell
  Result<std::optional<log::Position>> find(const NamedActor& actor, std::uint64_t number) const;

  // The change of that number, which is new, is the event at `position`.
  void add(NamedActor& actor, std::uint64_t number, log::Position position) {
    actor.numbers_.add(number, number, position);
  }

  // What is known is void; who waits is told why.
  void drop(const Error& error);

  // Forgets those that nobody holds.
  void sweep();

  bool idle() const { return loading_.empty(); }

 private:
  void loaded(const log::ActorId& actor, Result<log::ActorNumbers> numbers);

  const std::string workspace_;
  log::ActorStore* const store_;
  std::map<log::ActorId, std::weak_ptr<NamedActor>> actors_;
  // One load at a time: an older answer must not displace what is newer.
  std::map<log::ActorId, std::vector<Recalled>> loading_;
  std::shared_ptr<const int> view_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
