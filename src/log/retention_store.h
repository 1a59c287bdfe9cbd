// RetentionStore: the part of a store that keeps the rules, holds and floors of retention
// (log/retention.h), drops payloads, and erases deleted objects.
//
// Rules and holds are changed by events (log/rules.h), and by nothing else: the store derives them in the
// batch that appends the events. Payloads of system objects are never dropped.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log/done.h"
#include "log/event.h"
#include "log/retention.h"

namespace syncline::log {

class RetentionStore {
 public:
  virtual ~RetentionStore() = default;

  // The floor rises before anything behind it is dropped. A workspace that is not there: kNotFound. Other
  // errors: those of raise_floor in log/retention.h.
  virtual void raise_floor(std::string workspace, Position floor, Done<Retention> done) = 0;

  // A workspace that is not there: the default.
  virtual void load_retention(std::string workspace, Done<Retention> done) = 0;

  // Rules, holds and releases, in the order of their events, from number `after` on, up to `limit`.
  virtual void list_retention(std::string workspace, std::uint64_t after, std::size_t limit,
                              Done<std::vector<RetentionRecord>> done) = 0;

  // The names of workspaces with a rule or with something left to drop, in byte order, greater than
  // `after`.
  virtual void list_retained(std::string after, std::size_t limit,
                             Done<std::vector<std::string>> done) = 0;

  // Drops the payloads of the events after swept_to up to `to`, all or none, and the snapshots
  // below the floor that nothing needs any more. Keeps those of the objects in `skip` (sorted).
  //   kForbidden  there is a legal hold
  //   kInvalid    `to` is after the floor
  //   kConflict   an object lacks a required milestone; or a pin was set in the same batch
  virtual void drop_payloads(std::string workspace, Position to, std::vector<std::string> skip,
                             Done<DroppedPayloads> done) = 0;

  // Erases what an object was: the payloads of its events, some of them in each call, and with the last of them all
  // its snapshots and what waits for others. Pins and milestones keep nothing of it. The
  // caller knows that it was deleted (log/deletion_rules.h).
  //   kForbidden  there is a legal hold
  //   kInvalid    an object of the server
  virtual void erase_object(std::string workspace, ObjectErasure erasure,
                            Done<ErasedPayloads> done) = 0;

  // Rewrites the files that may hold what erase_object() has removed from this object, so that no byte of it is left in
  // them. With an empty name: of all objects of the workspace, and records of the directory that were erased. Takes long:
  // in proportion to the workspace.
  virtual void purge(std::string workspace, std::string object, Done<void> done) = 0;
};

}  // namespace syncline::log
