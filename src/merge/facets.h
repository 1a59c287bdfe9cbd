// Facets: abilities that some types of objects have and others do not. An object returns its facets
// through functions such as Object::replication() (merge/object.h); nullptr means that the type
// does not have the facet.
//
// The functions at the end of this file call a facet and define the result without it: kUnsupported
// if the caller needs an answer, otherwise an empty result. Callers should prefer these functions.
//
// Versions, marks and `waits_for` are bytes that only the type can read. Ownership: a facet is part
// of its object. Thread-safety and errors: those of the object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "merge/edit.h"
#include "forms/form.h"
#include "merge/object.h"
#include "merge/object_change.h"
#include "merge/object_part.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

// For types whose replicas synchronise by comparing what they know. An empty version knows nothing.
class Replication {
 public:
  // The version of this state: what it knows.
  virtual Bytes version() const = 0;

  // An intent that brings a replica at `version` to this state. kMalformed if `version` is invalid.
  virtual Result<Bytes> diff_since(ByteView version) const = 0;

  // A lower bound of what a replica at `version` knows if it did not receive `change`, which is one
  // of the changes up to that version. The result can be lower if `change` cannot be decoded.
  virtual Bytes version_without(ByteView version, ByteView change) const = 0;

  // A lower bound of what a replica knows that is at version `a` or at version `b`.
  virtual Bytes common_version(ByteView a, ByteView b) const = 0;

 protected:
  ~Replication() = default;
};

// For types with changes that wait for others (Prepared::waits_for).
class Waiting {
 public:
  // Changes of a source arrive in order; this one is there when `reach` of its ids are. Ids are those
  // of ObjectType::ids_of, which types with this facet must implement.
  struct Need {
    std::uint64_t source = 0;
    std::uint64_t reach = 0;
  };

  // The next need in `waits_for` that has not arrived; nullopt: everything has arrived, so it is worth
  // preparing the change again, which may then wait for something else. `cursor` begins with 0, and
  // moves past needs that have arrived, so that all calls together look at each need once or twice.
  // kMalformed if `waits_for` is not a result of prepare().
  virtual Result<std::optional<Need>> next_need(ByteView waits_for, std::size_t& cursor) const = 0;

 protected:
  ~Waiting() = default;
};

// A part of the state as JSON.
class Parts {
 public:
  // kNotFound or kInvalid if the object has no such part; kTooLarge if the text is longer than `most`
  // bytes. The pieces do not need the object.
  virtual Result<std::unique_ptr<Pieces>> part_pieces(const Part& part, std::size_t most) const = 0;

 protected:
  ~Parts() = default;
};

// The state in a form for people and for programs that are no editors (forms/form.h).
class Forms {
 public:
  // Errors: those of forms::write_form. The pieces do not need the object.
  virtual Result<std::unique_ptr<Pieces>> form_pieces(const forms::FormWish& wish,
                                                      std::size_t most) const = 0;

 protected:
  ~Forms() = default;
};

// For types that know who wrote which characters, by the ids that changes introduce
// (ObjectType::ids_of).
class Attribution {
 public:
  // The texts, each character with its id.
  virtual std::vector<AttributedText> attributed_texts() const = 0;

 protected:
  ~Attribution() = default;
};

// For types that can bring back a past state.
class Restoring {
 public:
  // An intent that makes this state show what `then` shows. `then` must be of the same type. The
  // author of the intent is `replica`, a replica id that nobody uses. merge/doc_restore.h describes
  // what stays unchanged in a document.
  virtual Result<Bytes> change_to(Object& then, std::uint64_t replica) const = 0;

 protected:
  ~Restoring() = default;
};

// For types that programs can edit by content (merge/edit.h), without a replica of their own.
class Editing {
 public:
  // An intent that makes the edit in this state. The author of the intent is `replica`: an id that only whoever calls
  // uses, and only for intents of which each was made in a state that has all earlier ones (merge/doc_edit.h).
  virtual Result<Bytes> edit(const Edit& edit, std::uint64_t replica) const = 0;

 protected:
  ~Editing() = default;
};

// For types that can describe a change to people.
class Telling {
 public:
  // Like Object::apply, and returns a description of what changed: a JSON array
  // (merge/doc_history.h), or kNotTold. Costs more than apply().
  virtual Result<std::string> apply_and_tell(ByteView recorded) = 0;

 protected:
  ~Telling() = default;
};

// For types with snapshots of only what changed. mark() marks the present state and replaces an
// earlier mark. delta_since_mark() can be called any number of times. It returns the delta that
// extend() needs to bring an object, restored from a snapshot of the marked state, to the present
// state. Both costs are in proportion to the changes and to the number of clients that ever made
// changes. extend() keeps a mark that was set before.
class SnapshotDeltas {
 public:
  virtual void mark() = 0;
  virtual std::optional<Bytes> delta_since_mark() const = 0;  // nullopt if there is no mark
  virtual Result<void> extend(ByteView delta) = 0;

 protected:
  ~SnapshotDeltas() = default;
};

// For types whose effects an earlier version of the software computed differently. Needed to verify
// old logs.
class PastEffects {
 public:
  // The effect of a recorded change, in the bytes of `version`, which must be lower than
  // kEffectVersion (merge/effect_codec.h). kUnsupported if there was no such version.
  virtual Result<Bytes> past_effect(ByteView recorded, std::uint8_t version) const = 0;

 protected:
  ~PastEffects() = default;
};

// ---- functions that call a facet

// kUnsupported without the facet.
Result<Bytes> version_of(const Object& object);
Result<Bytes> diff_since(const Object& object, ByteView version);
Result<std::optional<Waiting::Need>> next_need(const Object& object, ByteView waits_for,
                                               std::size_t& cursor);
Result<std::unique_ptr<Pieces>> part_pieces(const Object& object, const Part& part,
                                            std::size_t most);
// kNoSuchForm without the facet.
Result<std::unique_ptr<Pieces>> form_pieces(const Object& object, const forms::FormWish& wish,
                                            std::size_t most);
Result<Bytes> change_to(const Object& object, Object& then, std::uint64_t replica);
Result<void> extend(Object& object, ByteView delta);
Result<Bytes> edit(const Object& object, const Edit& edit, std::uint64_t replica);

// Without the facet: no texts; kNotTold; no mark.
std::vector<AttributedText> attributed_texts(const Object& object);
Result<std::string> apply_and_tell(Object& object, ByteView recorded);
void mark(Object& object);
std::optional<Bytes> delta_since_mark(const Object& object);

// True if a recorded change has, in the present state, the effect that its event stores. Computes
// the effect again in the version of `stored` and compares. Errors: those of prepare(), and
// kUnsupported for a version that this build cannot compute.
Result<bool> has_effect(const Object& object, ByteView recorded, ByteView stored);

}  // namespace syncline::merge
