// The part of the workspace for named actors (workspace/actors.h): changes that they repeat, and
// their waiting changes.
#include <utility>

#include "base/assert.h"
#include "policy/workspace_policy.h"
#include "workspace/workspace.h"

namespace syncline::workspace {

bool Workspace::answer_repeated(const identity::Caller& caller, LiveObject& object,
                                const Offer& offer, Done<Receipt>& done) {
  const Change& change = offer.change;
  if (change.named == nullptr) return false;
  const log::ActorId& actor = change.named->id();
  SYNCLINE_ASSERT(caller.principal.id == actor.principal && caller.actor == actor.actor);
  const auto found =
      actors_.find(*change.named, change.actor_seq, change.actor_seq + change.further_seqs);
  if (found && !*found) return false;
  // What another region has recorded is not refused for its numbers.
  if (!found && offer.ingested != nullptr) return false;
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  if (verdict.allowed && found) {
    ++services_.counters.changes_known;
    if (offer.waited > 0) waiting_.remove(object.id(), offer.waited);
    answer_at(object, **found, verdict.rules, std::move(done));
  } else {
    if (verdict.allowed) verdict.allowed = std::unexpected(found.error());
    refuse(object, offer, std::move(verdict), std::move(done));
  }
  return true;
}

// For an actor that makes one change and no other.
bool Workspace::answer_only_change(LiveObject& object, const Author& author, Done<Receipt>& done) {
  if (author.named == nullptr || author.dry_run) return false;
  const Offer offer{.change = {.actor_seq = author.actor_seq, .named = author.named}};
  if (answer_repeated(author.caller, object, offer, done)) return true;
  if (!actors_.has_any(*author.named)) return false;
  refuse(object, offer,
         {fail(ErrorCode::kUnprocessable, "the key of this change belongs to another one")},
         std::move(done));
  return true;
}

void Workspace::submit_waited(LiveObject& object, std::shared_ptr<WaitingChanges::Entry> waited) {
  const log::WaitingChange& change = waited->change;
  if (change.generation < object.resident().generation() &&
      !is_mutated(Mutation::take_up_deleted)) {
    waiting_.remove(object.id(), change.number);
    return waited->answer(std::unexpected(deleted_error(object.id())));
  }
  if (!waited->author_known && policy_ != nullptr && policy_->needs_token()) {
    waiting_.remove(object.id(), change.number);
    return waited->answer(
        fail(ErrorCode::kForbidden,
             "it is not known any more what the token of its author said; send it again"));
  }
  // It had the right to change the object when it arrived. All other conditions are checked now, with what is known
  // of its author.
  const identity::Caller author = waited->author();
  Offer offer{.change = {.actor_seq = change.actor_seq,
                         .further_seqs = change.further_seqs,
                         .intent = change.intent,
                         .owner = waited,
                         .named = waited->named},
              .waited = change.number,
              .author_known = waited->author_known,
              .received_us = services_.scheduler.turn_began_us()};
  decide(author, object, std::move(offer),
         [waited](Result<Receipt> receipt) { waited->answer(receipt); });
}

// The change waited in the store, and its actor is not in memory.
void Workspace::recall_and_submit(const std::string& object,
                                  std::shared_ptr<WaitingChanges::Entry> waited) {
  const log::ActorId actor{waited->change.tenant, waited->change.principal, waited->change.actor};
  recall(actor, [this, object, waited,
                 view = std::weak_ptr(view_)](Result<std::shared_ptr<NamedActor>> recalled) {
    if (view.expired()) return;  // it is still in the store
    if (!recalled) return report(recalled.error());
    waited->named = std::move(*recalled);
    if (const auto live = live_.find(object); live != live_.end())
      submit_waited(*live->second, waited);
  });
}

}  // namespace syncline::workspace
