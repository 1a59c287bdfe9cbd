// Prepared: the result of prepare(). It says whether a change would change anything, what it
// touches, and which bytes to record, to broadcast and to answer.
#pragma once

#include <optional>
#include <utility>

#include "merge/effect.h"
#include "syncline/bytes.h"

namespace syncline::merge {

// The bytes of a change in one of these roles: either the bytes that were sent, without a copy, or
// others.
class Form {
 public:
  Form() = default;  // the bytes that were sent
  explicit Form(Bytes other) : other_(std::move(other)) {}

  bool is_as_sent() const { return !other_; }
  // `sent` is the intent that was prepared. The view is valid as long as both exist.
  ByteView of(ByteView sent) const { return other_ ? ByteView(*other_) : sent; }

 private:
  std::optional<Bytes> other_;
};

struct Prepared {
  bool changes = false;  // false: the state already contains all of it; nothing to log

  // Set if a part of the change waits for changes that have not arrived. It says for which, in an
  // encoding that only the type reads (Waiting::arrived in merge/facets.h). It is not known yet
  // what that part touches, so the effect does not include it.
  std::optional<Bytes> waits_for;
  bool waits() const { return waits_for.has_value(); }

  Effect effect;  // complete

  // Most types use the bytes that were sent. A type that transforms changes returns other bytes.
  Form recorded;  // what the log stores as the intent, and apply() gets
  Form told;      // what other subscribers receive
  Form answered;  // what the author receives
};

}  // namespace syncline::merge
