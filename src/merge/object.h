// The one interface that every type of object implements: how its changes are judged, applied, and
// kept. What not every type has is in merge/facets.h.
//
// A change arrives as an *intent*, the bytes that a client sent, in the encoding of its type.
// prepare() judges it against the present state and changes nothing. It also says what is recorded of
// the change: by default the intent itself. apply() carries out what was recorded, whole or not at
// all. What prepare() gave to be recorded is accepted by an apply() that follows at once.
//
// What is recorded is an intent, too: prepare() of it in the same state has the same effect, and would
// record the same bytes. So a log can be replayed and verified, and its events can be submitted to
// another log.
//
// Deterministic: the same intents in the same order give the same state and the same effects, on
// every node and whenever a log is read again. No clock, no randomness, no I/O.
// Thread-safety: none. Errors: kMalformed, kInvalid, kTooLarge or kConflict for a bad intent, with
// a message that its sender may see.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "merge/object_change.h"
#include "merge/prepared.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

class Attribution;
class Parts;
class PastEffects;
class Replication;
class Restoring;
class SnapshotDeltas;
class Telling;
class Waiting;

class Object {
 public:
  virtual ~Object() = default;

  virtual Result<Prepared> prepare(ByteView intent) const = 0;
  virtual Result<void> apply(ByteView recorded) = 0;

  // The whole state, for ObjectType::restore.
  virtual Bytes snapshot() const = 0;

  // The state as JSON, for people and the HTTP API.
  virtual std::string to_json() const = 0;

  // Memory that this state holds, measured.
  virtual std::size_t memory_bytes() const = 0;

  // ---- facets (merge/facets.h): nullptr if the type does not have one. They belong to the object.
  virtual const Replication* replication() const { return nullptr; }
  virtual const Waiting* waiting() const { return nullptr; }
  virtual const Parts* parts() const { return nullptr; }
  virtual const Attribution* attribution() const { return nullptr; }
  virtual const Restoring* restoring() const { return nullptr; }
  virtual const PastEffects* past_effects() const { return nullptr; }
  virtual Telling* telling() { return nullptr; }
  virtual SnapshotDeltas* snapshot_deltas() { return nullptr; }
  const SnapshotDeltas* snapshot_deltas() const {
    return const_cast<Object*>(this)->snapshot_deltas();
  }
};

class ObjectType {
 public:
  virtual ~ObjectType() = default;

  // As it stands in events and snapshots: "doc". Never changes.
  virtual std::string_view name() const = 0;

  // The protocols' views of objects of this type: "yjs". A client opens an object through a face;
  // intents, and what is told and answered, are in the encoding of that face.
  virtual std::span<const std::string_view> faces() const = 0;

  virtual std::unique_ptr<Object> create() const = 0;
  virtual Result<std::unique_ptr<Object>> restore(ByteView snapshot) const = 0;

  // The ids of what a recorded change brings. None, unless the objects have Attribution.
  virtual Result<std::vector<IdRange>> ids_of(ByteView) const { return std::vector<IdRange>(); }
};

// Yjs-compatible documents (syncline/crdt/doc.h), with every facet. The face is "yjs": intents are Yjs
// updates v1, versions are state vectors; snapshots and deltas are updates v2. Stateless; lives as
// long as the program. To be named where types are registered, and nowhere else.
const ObjectType& doc_type();

}  // namespace syncline::merge
