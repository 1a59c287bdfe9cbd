// Object: the interface that every type of object implements. It defines how changes are judged,
// applied and stored. Abilities that only some types have are facets (merge/facets.h).
//
// A change arrives as an *intent*: the bytes that a client sent, in the encoding of the type.
// prepare() judges the intent against the present state and changes nothing. It also returns the
// bytes to record, by default the intent itself. apply() carries out the recorded bytes, completely
// or not at all. An apply() directly after prepare() accepts what prepare() returned as `recorded`.
//
// The recorded bytes are an intent, too: prepare() of them in the same state gives the same effect
// and the same recorded bytes. So a log can be replayed and verified, and its events can be
// submitted to another log.
//
// Deterministic: the same intents in the same order give the same state and the same effects, on
// every node and at every time. No clock, no randomness, no I/O. Thread-safety: none. Errors:
// kMalformed, kInvalid, kTooLarge or kConflict for a bad intent. The message may be shown to the
// sender.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/pieces.h"
#include "merge/object_change.h"
#include "merge/prepared.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

class Attribution;
class Editing;
class Forms;
class Lineage;
class Parts;
class PastEffects;
class Replication;
class Restoring;
class SnapshotDeltas;
class Telling;
class Waiting;

class ObjectType;

class Object {
 public:
  virtual ~Object() = default;

  // The type that made this object.
  virtual const ObjectType& type() const = 0;

  virtual Result<Prepared> prepare(ByteView intent) const = 0;
  // The same; nullopt if preparing and applying the intent may take more than so many steps, each about
  // as long as a look at one element. The answer itself takes not much more than so many. By default,
  // each intent is prepared: a type must override this if the cost of an intent is not in proportion
  // to its size.
  virtual Result<std::optional<Prepared>> prepare_within(ByteView intent,
                                                         std::uint64_t steps) const;
  // How many of these steps preparing and applying a recorded change may take, or one more than `most`. By
  // default none, as with prepare_within(). Bytes that apply() refuses may have any number.
  virtual std::uint64_t weigh(ByteView recorded, std::uint64_t most) const;
  virtual Result<void> apply(ByteView recorded) = 0;

  // The whole state, for ObjectType::restore.
  virtual Bytes snapshot() const = 0;

  // The state as JSON, for people and the HTTP API.
  virtual std::string to_json() const = 0;
  // The same; kTooLarge if the text is longer than `most` bytes.
  Result<std::string> to_json_within(std::size_t most) const;
  // The same, made piece by piece. The pieces do not need the object. By default, the text is made at once.
  virtual Result<std::unique_ptr<Pieces>> json_pieces(std::size_t most) const;

  // The memory that this state uses, in bytes, measured. A loop asks often, so this must not look at
  // each element: it may cost what has changed since the last call.
  virtual std::size_t memory_bytes() const = 0;

  // Nobody has changed it for some seconds: it may give back memory that it only keeps for the next change. The
  // state stays as it is.
  virtual void rest() {}

  // ---- facets (merge/facets.h): nullptr if the type does not have one. They belong to the object.
  virtual const Replication* replication() const { return nullptr; }
  virtual const Waiting* waiting() const { return nullptr; }
  virtual const Parts* parts() const { return nullptr; }
  virtual const Forms* forms() const { return nullptr; }
  virtual const Attribution* attribution() const { return nullptr; }
  virtual const Restoring* restoring() const { return nullptr; }
  virtual const Editing* editing() const { return nullptr; }
  virtual const PastEffects* past_effects() const { return nullptr; }
  virtual Telling* telling() { return nullptr; }
  virtual SnapshotDeltas* snapshot_deltas() { return nullptr; }
  const SnapshotDeltas* snapshot_deltas() const {
    return const_cast<Object*>(this)->snapshot_deltas();
  }
};

// The error of Object::to_json_within.
std::unexpected<Error> json_too_large(std::size_t most);
// A text that exists, in pieces; kTooLarge as above.
Result<std::unique_ptr<Pieces>> text_pieces(std::string text, std::size_t most);

class ObjectType {
 public:
  virtual ~ObjectType() = default;

  // The name in events and snapshots, such as "doc". It never changes.
  virtual std::string_view name() const = 0;

  // The protocols through which clients can open objects of this type, such as "yjs". Intents,
  // broadcasts and answers use the encoding of that face.
  virtual std::span<const std::string_view> faces() const = 0;

  virtual std::unique_ptr<Object> create() const = 0;
  virtual Result<std::unique_ptr<Object>> restore(ByteView snapshot) const = 0;

  // The ids that a recorded change introduces. Empty unless the objects have the facet Attribution.
  virtual Result<std::vector<IdRange>> ids_of(ByteView) const { return std::vector<IdRange>(); }

  // False: what objects hold stands in the log under one name and generation.
  virtual bool can_be_renamed() const { return true; }

  // One intent with the effect of all, for changes of one replica in the order in which it made them. The same
  // for what is told of them. The caller must be ready to take them one by one, because prepare() may refuse
  // the joined one where it refuses only one of them. kUnsupported if the type cannot do it.
  virtual Result<Bytes> join(std::span<const ByteView>) const {
    return fail(ErrorCode::kUnsupported, "changes of this type cannot be joined");
  }

  // Recognises what comes from replicas of objects that had these versions at their ends, except from the replica ids
  // `seeds` (ascending). nullptr: nothing can be recognised, as by default.
  virtual std::shared_ptr<const Lineage> lineage(std::span<const ByteView> versions,
                                                 std::span<const std::uint64_t> seeds) const;
};

// Yjs-compatible documents (syncline/crdt/doc.h), with every facet. The face is "yjs": intents are
// Yjs updates v1, versions are state vectors, and snapshots and deltas are updates v2. Stateless;
// lives as long as the program. Call this only where types are registered.
const ObjectType& doc_type();

}  // namespace syncline::merge
