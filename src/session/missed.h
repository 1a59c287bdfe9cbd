// Missed: what a client has of an object while changes are dropped for it because it reads too
// slowly.
//
// The client has the state as it was when the first change was dropped, and it may have later
// changes, but not the dropped ones. For a type whose replicas have versions (merge::Replication),
// this is a version: later one diff from there brings the client up to date. A client of another
// type gets the whole state.
//
// A dropped change is subtracted from the version only if the version includes it. These are the
// few changes that were already in the state and still waited to be sent. Changes that are accepted
// later cost nothing here.
//
// A plain value. Thread-safety: none.
#pragma once

#include <utility>

#include "log/event.h"
#include "merge/object.h"
#include "syncline/bytes.h"
#include "workspace/delivery.h"

namespace syncline::session {

class Missed {
 public:
  // For a client that has received everything up to `position`: `version` is that of the object's
  // state there. Or for a client that asked for a diff from `version` and did not get the answer.
  Missed(Bytes version, log::Position position) : version_(std::move(version)), at_(position) {}

  // Records a change that was not passed on.
  void drop(const merge::Object& object, const workspace::Delivery& change);

  // Combines two lower bounds: the client has at least what both say.
  void and_also(const merge::Object& object, const Missed& other);

  // Empty: nothing is known about what the client has.
  const Bytes& version() const { return version_; }
  log::Position position() const { return at_; }

 private:
  Bytes version_;
  log::Position at_;  // the version includes no later events
};

}  // namespace syncline::session
