// What prepare() finds out about a change: whether it would change anything, what it touches, and what
// becomes of its bytes.
#pragma once

#include <optional>
#include <utility>

#include "merge/effect.h"
#include "syncline/bytes.h"

namespace syncline::merge {

// The bytes of a change in one of its roles: those that were sent, without a copy, or others.
class Form {
 public:
  Form() = default;  // as it was sent
  explicit Form(Bytes other) : other_(std::move(other)) {}

  bool is_as_sent() const { return !other_; }
  // `sent`: the intent that was prepared. The view lasts as long as both.
  ByteView of(ByteView sent) const { return other_ ? ByteView(*other_) : sent; }

 private:
  std::optional<Bytes> other_;
};

struct Prepared {
  bool changes = false;  // false: the state holds all of it already; there is nothing to log

  // Set if a part of it waits for changes that have not come: for what, in an encoding that only the
  // type reads (Waiting::arrived in merge/facets.h). What that part touches is not known yet, so it
  // is not in the effect.
  std::optional<Bytes> waits_for;
  bool waits() const { return waits_for.has_value(); }

  Effect effect;  // complete, not cut

  // Most types take a change as it was sent. A type that transforms changes gives other bytes.
  Form recorded;  // what the log keeps as the event's intent, and apply() takes
  Form told;      // what the subscribers are told, the author excepted
  Form answered;  // what the author is answered
};

}  // namespace syncline::merge
