// ActorOrder: the changes of an actor are recorded in the order in which it sent them. It reads the log
// of one object event by event.
//
// Three kinds of changes are no fault although they are left out, or come later:
//   known      it contains nothing new
//   waiting    it needs others first, so it is kept beside the log, and recorded when those have come. The
//              log does not say when a change arrived. It may have waited if it needed others after the
//              last event of its actor; in a first look, if it needs any.
//   contained  it is part of the event that comes instead, as in the whole state that a client sends
//
// Cost: a prepare() a change; a change that is not simply the next one may cost a replay of the log.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "log/event.h"
#include "sim/book.h"
#include "syncline/crdt/doc.h"

namespace syncline::sim {

class ActorOrder {
 public:
  // `events` is the log of the object `name`. Borrows all three.
  ActorOrder(const Book& book, const ObjectName& name, std::span<const log::Event> events)
      : book_(book), name_(name), events_(events) {}

  // Checks events_[index]. `before` is the state before that event. Returns what is wrong, or "".
  std::string check(std::size_t index, const crdt::Doc& before);

  // True if a change had to wait for others, or may have had to.
  bool waited() const { return waited_; }

 private:
  // How far the log has come in what an actor has sent.
  struct Progress {
    std::size_t next = 0;    // of its changes
    std::size_t looked = 0;  // the number of events up to and including its last one
    std::vector<std::size_t>
        kept;  // of those before `next`: they wait, and are to be recorded later
  };

  static bool records(const log::Event& event, const std::vector<Bytes>& sent, std::size_t at);
  bool may_have_waited(const Bytes& change, const Progress& actor, const crdt::Doc& before) const;
  crdt::Doc replay(std::size_t events) const;

  const Book& book_;
  const ObjectName& name_;
  const std::span<const log::Event> events_;
  std::map<std::string, Progress> actors_;
  bool waited_ = false;
};

}  // namespace syncline::sim
