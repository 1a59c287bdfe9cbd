// Actors: the named actors of one workspace, and which of their changes are recorded or on their
// way to the log. The workspace recognises a change that is sent again by its number
// (log/actor_numbers.h), over another connection or after a restart, whatever it contains.
//
// Like the objects, this information is ahead of the log. It is void if the log refuses an append.
//
// Actors without a name cost nothing here. A named actor is in memory while somebody holds it: the
// sessions that speak for it, and its changes until they are durable.
//
// Thread-safety: none; it lives on the loop of its workspace.
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

// One named actor. All who speak for it share this object.
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

  // `store` may be nullptr: then nothing is recorded of actors. It must outlive this object and its
  // callbacks.
  Actors(std::string workspace, log::ActorStore* store)
      : workspace_(std::move(workspace)), store_(store) {}

  // Loads the actor and what is recorded of it. kUnsupported without a store, kInvalid for a bad
  // name.
  void recall(log::ActorId actor, Recalled done);

  // The position of a state that contains the actor's changes with these numbers; nullopt if they are
  // new.
  //   kUnavailable  the numbers are void
  //   kInvalid      the first number is 0
  //   kConflict     the numbers are too old: it is unknown whether they were recorded; or some of
  //                 them were recorded, and some were not
  Result<std::optional<log::Position>> find(const NamedActor& actor, std::uint64_t first,
                                            std::uint64_t last) const;

  // Whether any change of the actor is recorded.
  bool has_any(const NamedActor& actor) const { return actor.numbers_.last_position() > 0; }

  // Records that the changes with these numbers are the event at `position`.
  void add(NamedActor& actor, std::uint64_t first, std::uint64_t last, log::Position position) {
    actor.numbers_.add(first, last, position);
  }

  // Declares everything known void. Pending recall() calls get `error`.
  void drop(const Error& error);

  // Forgets actors that nobody holds.
  void sweep();

  bool idle() const { return loading_.empty(); }

 private:
  void loaded(const log::ActorId& actor, Result<log::ActorNumbers> numbers);

  const std::string workspace_;
  log::ActorStore* const store_;
  std::map<log::ActorId, std::weak_ptr<NamedActor>> actors_;
  // Pending loads. There is one load per actor at a time, so that an older answer cannot replace a
  // newer one.
  std::map<log::ActorId, std::vector<Recalled>> loading_;
  std::shared_ptr<const int> view_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
