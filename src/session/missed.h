// What a client has of an object while changes are not passed on to it, because it reads too slowly.
//
// It has what the state had when the first change was dropped, except for the changes that were dropped.
// Of a type whose replicas have versions (merge::Replication) that is a version: later one diff from
// there brings the client up to date. A client of another type gets the whole state.
//
// A change that is dropped is subtracted from the version only if the version holds it. Those are the few
// that were in the state already and on their way out; what is accepted later costs nothing here.
//
// A value. Thread-safety: none.
#pragma once

#include <utility>

#include "log/event.h"
#include "merge/object.h"
#include "syncline/bytes.h"
#include "workspace/delivery.h"

namespace syncline::session {

class Missed {
 public:
  // The client had been passed on everything. `position` is that of the state of `object`.
  Missed(const merge::Object& object, log::Position position);
  // What a client had that asked for a diff from `version`, of which it did not get the answer.
  Missed(Bytes version, log::Position position) : version_(std::move(version)), at_(position) {}

  // A change that was not passed on.
  void drop(const merge::Object& object, const workspace::Delivery& change);

  // The client has what both say, at least.
  void and_also(const merge::Object& object, const Missed& other);

  // Empty: nothing is known of what the client has.
  const Bytes& version() const { return version_; }

 private:
  Bytes version_;
  log::Position at_;  // the version holds nothing of later events
};

}  // namespace syncline::session
