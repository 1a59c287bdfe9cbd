// The one interface that every type of object implements: how its changes are judged, applied,
// asked for, and kept.
//
// A change arrives as an *intent*, the bytes that a client sent, in the encoding of its type.
// prepare() judges it against the present state and changes nothing; apply() carries it out, whole
// or not at all. An intent that prepare() accepted is accepted by an apply() that follows at once.
//
// Deterministic: the same intents in the same order give the same state and the same effects, on
// every node and whenever a log is read again. No clock, no randomness, no I/O.
// Thread-safety: none. Errors: kMalformed, kInvalid, kTooLarge or kConflict for a bad intent, with
// a message that its sender may see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "merge/object_change.h"
#include "merge/object_part.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

struct Prepared {
  bool changes = false;  // false: the state holds all of it already; there is nothing to log
  bool waits = false;    // a part of it waits for changes that have not come
  Bytes effect;          // what it touches, for policy and history; docs/formats/effect.md
};

class Object {
 public:
  virtual ~Object() = default;

  virtual Result<Prepared> prepare(ByteView intent) const = 0;
  virtual Result<void> apply(ByteView intent) = 0;

  // The same, and tells what changed, as a JSON array (merge/doc_history.h), or kNotTold. Costs more.
  virtual Result<std::string> apply_and_tell(ByteView intent) = 0;

  // Its texts, each character with its id. Empty for what holds no text.
  virtual std::vector<AttributedText> attributed_texts() = 0;

  // What this state knows, so that another replica can ask for what it lacks.
  // For a `doc`: its encoded state vector.
  virtual Bytes version() const = 0;

  // An intent that brings a replica at `version` (empty: one that knows nothing) to this state.
  virtual Result<Bytes> diff_since(ByteView version) const = 0;

  // An intent, by a replica that is new to it, that makes this state show what `then` shows, of the
  // same type; `replica` must be a client id that nobody uses. merge/doc_restore.h says what stays.
  virtual Result<Bytes> change_to(Object& then, std::uint64_t replica) const = 0;

  // The whole state, for ObjectType::restore.
  virtual Bytes snapshot() const = 0;

  // Snapshots of what changed only. mark() marks the present state, in place of an earlier mark;
  // delta_since_mark() then gives, any number of times, what extend() needs to lead an object that
  // was restored from a snapshot of the marked state to this one. Both cost in proportion to what
  // changed and to the clients that ever did. extend() keeps a mark that was set before it. nullopt:
  // nothing is marked.
  virtual void mark() = 0;
  virtual std::optional<Bytes> delta_since_mark() const = 0;
  virtual Result<void> extend(ByteView delta) = 0;

  // The state as JSON, for people and the HTTP API.
  virtual std::string to_json() const = 0;

  // The same of a part. kNotFound, kInvalid: it has no such part.
  virtual Result<std::string> part_to_json(const Part& part) const = 0;

  // Memory that this state holds, measured.
  virtual std::size_t memory_bytes() const = 0;
};

class ObjectType {
 public:
  virtual ~ObjectType() = default;

  // As it stands in events: "doc".
  virtual std::string_view name() const = 0;

  virtual std::unique_ptr<Object> create() const = 0;
  virtual Result<std::unique_ptr<Object>> restore(ByteView snapshot) const = 0;

  // The ids of what an intent brings.
  virtual Result<std::vector<IdRange>> ids_of(ByteView intent) const = 0;
};

// Yjs-compatible documents (syncline/crdt/doc.h). Intents are Yjs updates v1, versions are state vectors,
// snapshots and deltas are updates v2. Stateless; lives as long as the program.
const ObjectType& doc_type();

}  // namespace syncline::merge
