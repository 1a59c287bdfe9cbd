// Facets: what some types of objects can do and others cannot. An object is asked for one
// (merge/object.h); nullptr says that its type does not have it.
//
// The functions at the end ask for a facet and say what holds without it: kUnsupported where an answer
// is needed, nothing where nothing is true. Callers use them rather than the facets.
//
// Versions, marks and what a change waits for are bytes that only the type reads.
// Ownership: a facet is a part of its object. Thread-safety and errors: those of the object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "merge/object.h"
#include "merge/object_change.h"
#include "merge/object_part.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

// Replicas that bring each other up to date by what they know. An empty version knows nothing.
class Replication {
 public:
  // What this state knows.
  virtual Bytes version() const = 0;

  // An intent that brings a replica at `version` to this state. kMalformed: it is no version.
  virtual Result<Bytes> diff_since(ByteView version) const = 0;

  // What a replica at `version` knows at least if it did not get `change`, something that was told
  // since. Never more than it knows; less if `change` cannot be read.
  virtual Bytes version_without(ByteView version, ByteView change) const = 0;

  // What a replica knows at least that is at one of the two versions.
  virtual Bytes common_version(ByteView a, ByteView b) const = 0;

 protected:
  ~Replication() = default;
};

// Changes that wait for others (Prepared::waits_for).
class Waiting {
 public:
  // True if all of it has come, so that it is worth preparing the change again. It may then wait for
  // more. kMalformed: it is not what prepare() gave.
  virtual Result<bool> arrived(ByteView waits_for) const = 0;

 protected:
  ~Waiting() = default;
};

// A part of the state as JSON.
class Parts {
 public:
  // kNotFound, kInvalid: it has no such part.
  virtual Result<std::string> part_to_json(const Part& part) const = 0;

 protected:
  ~Parts() = default;
};

// Who wrote which characters, by the ids that changes bring (ObjectType::ids_of).
class Attribution {
 public:
  // The texts, each character with its id.
  virtual std::vector<AttributedText> attributed_texts() const = 0;

 protected:
  ~Attribution() = default;
};

// The way back to a past state.
class Restoring {
 public:
  // An intent, by a replica that is new to it, that makes this state show what `then` shows, of the
  // same type; `replica` must be an id that nobody uses. merge/doc_restore.h says what stays of a
  // document.
  virtual Result<Bytes> change_to(Object& then, std::uint64_t replica) const = 0;

 protected:
  ~Restoring() = default;
};

// What changes do, told to people.
class Telling {
 public:
  // As Object::apply, and tells what changed: a JSON array (merge/doc_history.h), or kNotTold. Costs
  // more.
  virtual Result<std::string> apply_and_tell(ByteView recorded) = 0;

 protected:
  ~Telling() = default;
};

// Snapshots of what changed only. mark() marks the present state, in place of an earlier mark;
// delta_since_mark() then gives, any number of times, what extend() needs to lead an object that was
// restored from a snapshot of the marked state to this one. Both cost in proportion to what changed
// and to the clients that ever did. extend() keeps a mark that was set before it.
class SnapshotDeltas {
 public:
  virtual void mark() = 0;
  virtual std::optional<Bytes> delta_since_mark() const = 0;  // nullopt: nothing is marked
  virtual Result<void> extend(ByteView delta) = 0;

 protected:
  ~SnapshotDeltas() = default;
};

// Effects as earlier versions of the software found them, so that old logs can be verified.
class PastEffects {
 public:
  // The effect of a recorded change in the bytes of `version`, which is lower than kEffectVersion
  // (merge/effect_codec.h). kUnsupported: there was no such version.
  virtual Result<Bytes> past_effect(ByteView recorded, std::uint8_t version) const = 0;

 protected:
  ~PastEffects() = default;
};

// ---- asking for a facet

// kUnsupported without it.
Result<Bytes> version_of(const Object& object);
Result<Bytes> diff_since(const Object& object, ByteView version);
Result<bool> arrived(const Object& object, ByteView waits_for);
Result<std::string> part_to_json(const Object& object, const Part& part);
Result<Bytes> change_to(const Object& object, Object& then, std::uint64_t replica);
Result<void> extend(Object& object, ByteView delta);

// Without it: no texts; kNotTold; nothing is marked.
std::vector<AttributedText> attributed_texts(const Object& object);
Result<std::string> apply_and_tell(Object& object, ByteView recorded);
void mark(Object& object);
std::optional<Bytes> delta_since_mark(const Object& object);

// Whether a recorded change has, in the present state, the effect that its event says: it is found
// again in the version of `stored`, and compared. Errors: those of prepare(), and kUnsupported for a
// version that this build cannot find.
Result<bool> has_effect(const Object& object, ByteView recorded, ByteView stored);

}  // namespace syncline::merge
