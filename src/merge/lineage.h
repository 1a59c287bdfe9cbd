// Lineage: recognises what comes from replicas of generations of an object that have ended (log/deletion_rules.h). They
// keep their state when the object is deleted, and send it again when they come back. Without this, the next object of
// that name would get the content of the deleted one.
//
// A replica is recognised by the replica ids that it names: in ids of what it inserts, in ids of neighbours and
// parents, in what it deletes, and in its version. A new replica draws a new id, so it names none of before. Whoever uses one replica id
// in the old object and in the new one is taken for an old replica, also if its clock begins anew, because the ids are
// the same. Seeds are excepted: replica ids with which every object of an application begins.
//
// Immutable; any thread.
#pragma once

#include "syncline/bytes.h"

namespace syncline::merge {

class Lineage {
 public:
  virtual ~Lineage() = default;

  // Costs what reading the change costs. False for bytes that are no change: whoever prepares them refuses them.
  virtual bool has_change(ByteView intent) const = 0;
  virtual bool has_version(ByteView version) const = 0;
};

}  // namespace syncline::merge
