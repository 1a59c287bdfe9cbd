#include "sim/actor_order.h"

#include <fmt/format.h>

#include <algorithm>

#include "merge/object.h"
#include "sim/oracle.h"

namespace syncline::sim {

std::string ActorOrder::check(std::size_t index, const crdt::Doc& before) {
  const log::Event& event = events_[index];
  const std::vector<Bytes>* sent = book_.sent_by(name_, event.actor);
  if (sent == nullptr) return "";  // a vandal
  Progress& actor = actors_[event.actor];
  const auto kept =
      std::ranges::find(actor.kept, event.intent,
                        [&](std::size_t change) -> const Bytes& { return (*sent)[change]; });
  if (kept != actor.kept.end()) {
    actor.kept.erase(kept);
    actor.looked = index + 1;
    return "";
  }
  for (std::size_t& at = actor.next; at < sent->size() && !records(event, *sent, at); ++at) {
    const Bytes& skipped = (*sent)[at];
    const auto prepared = before.prepare(skipped);
    if (prepared && !prepared->changes && !prepared->waits()) continue;  // known
    if (may_have_waited(skipped, actor, before)) {
      waited_ = true;
      actor.kept.push_back(at);
      continue;
    }
    const auto after = replay(index + 1).prepare(skipped);
    if (!after || after->changes || after->waits())
      return fmt::format("an earlier update of {} is missing", event.actor);
  }
  if (actor.next >= sent->size())
    return fmt::format("{} did not send this, or not now", event.actor);
  actor.next += event.further_seqs + 1;
  actor.looked = index + 1;
  return "";
}

// True if the event is the change at `at`, or those from there on that were joined.
bool ActorOrder::records(const log::Event& event, const std::vector<Bytes>& sent, std::size_t at) {
  if (event.further_seqs == 0) return sent[at] == event.intent;
  if (event.further_seqs >= sent.size() - at) return false;
  const auto parts = std::span(sent).subspan(at, event.further_seqs + 1);
  const auto joined = merge::doc_type().join(std::vector<ByteView>(parts.begin(), parts.end()));
  return joined && *joined == event.intent;
}

bool ActorOrder::may_have_waited(const Bytes& change, const Progress& actor,
                                 const crdt::Doc& before) const {
  const auto now = before.prepare(change);
  if (now && now->waits()) return true;
  const auto then = replay(actor.looked).prepare(change);
  return then && then->waits();
}

crdt::Doc ActorOrder::replay(std::size_t events) const {
  crdt::Doc doc = make_reference();
  for (const log::Event& event : events_.first(events))
    static_cast<void>(doc.apply_update(event.intent));
  return doc;
}

}  // namespace syncline::sim
