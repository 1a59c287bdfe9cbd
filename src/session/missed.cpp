#include "session/missed.h"

#include <algorithm>

#include "base/mutation.h"
#include "merge/facets.h"

namespace syncline::session {

void Missed::drop(const merge::Object& object, const workspace::Delivery& change) {
  const auto* replicas = object.replication();
  const log::Position first = change.joined_from > 0 ? change.joined_from : change.position;
  if (replicas == nullptr || first > at_) return;
  if (is_mutated(Mutation::forget_missed_clocks)) return;
  version_ = replicas->version_without(version_, change.payload);
}

void Missed::and_also(const merge::Object& object, const Missed& other) {
  at_ = std::min(at_, other.at_);
  if (const auto* replicas = object.replication())
    version_ = replicas->common_version(version_, other.version_);
}

}  // namespace syncline::session
