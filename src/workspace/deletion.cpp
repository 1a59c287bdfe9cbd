// The part of a workspace that deletes objects, and keeps what they were from coming back.
//
// A deletion is an event of the system object "./deletions". It is made in one turn from the present state of that object
// and of the one that is deleted, so no change comes in between. From that turn on, the object in memory is the
// next generation: empty and without events.
#include "workspace/deletion.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutation.h"
#include "merge/facets.h"
#include "state/rules_object.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
struct Workspace::Deleting {
  // Somebody who deletes has both objects open until he is answered.
  class Holding final : public Subscriber {
   public:
    void on_change(const Delivery&) override {}
    void on_presence(const Delivery&) override {}
    void on_lost(const Error&) override { object = nullptr; }

    LiveObject* object = nullptr;  // nullptr: it was lost
  };

  Deletion wish;
  bool undo = false;
  Done<Receipt> done;
  Holding deleted = {};
  Holding rules = {};

  identity::Right right() const {
    return wish.erase ? identity::Right::kErase : identity::Right::kDelete;
  }
};

// ---- deleting and undeleting

void Workspace::delete_object(Deletion deletion, Done<Receipt> done) {
  open_deletions(std::make_shared<Deleting>(std::move(deletion), false, std::move(done)));
}

void Workspace::undelete_object(Deletion deletion, Done<Receipt> done) {
  open_deletions(std::make_shared<Deleting>(std::move(deletion), true, std::move(done)));
}

void Workspace::open_deletions(std::shared_ptr<Deleting> deleting) {
  const auto open = [this, deleting](std::string object, Deleting::Holding& holding, Task next) {
    subscribe(
        {deleting->wish.caller,
         std::move(object),
         {},
         &holding,
         [this, deleting, &holding, next = std::move(next)](Result<LiveObject*> live) mutable {
           if (!live) return answer_deletion(*deleting, std::unexpected(std::move(live.error())));
           holding.object = *live;
           next();
         },
         deleting->right()});
  };
  if (log::is_system_object(deleting->wish.object))
    return deleting->done(fail(ErrorCode::kInvalid, "an object of the server cannot be deleted"));
  open(deleting->wish.object, deleting->deleted, [this, deleting, open] {
    open(std::string(log::kDeletionsObject), deleting->rules,
         [this, deleting] { try_deletion(deleting); });
  });
}

void Workspace::try_deletion(std::shared_ptr<Deleting> deleting) {
  LiveObject* const object = deleting->deleted.object;
  LiveObject* const rules = deleting->rules.object;
  if (object == nullptr || rules == nullptr)
    return answer_deletion(*deleting, fail(ErrorCode::kUnavailable, "try again"));
  for (LiveObject* each : {object, rules})
    if (each->busy()) return each->wait([this, deleting] { try_deletion(deleting); });
  // What is brought back is read from the log, so all of it must be there.
  if (deleting->undo && deletions_at_ > outbox_.durable())
    return outbox_.push(deletions_at_, [this, deleting](const Error*) { try_deletion(deleting); });
  services_.cache.begin_as(rules->resident(), state::rules_type());
  Deletion& wish = deleting->wish;
  Done<Receipt> answer = [this, deleting](Result<Receipt> receipt) {
    answer_deletion(*deleting, std::move(receipt));
  };
  const Author author{.caller = wish.caller,
                      .dry_run = wish.dry_run,
                      .named = wish.named,
                      .actor_seq = wish.actor_seq};
  if (answer_only_change(*rules, author, answer)) return;
  auto act = deleting->undo ? undeletion_of(wish, *object) : deletion_of(wish, *object);
  if (act && wish.allow)
    if (auto allowed = wish.allow(object->position()); !allowed)
      act = std::unexpected(std::move(allowed.error()));
  log::RuleChange change;
  if (act)
    change = {std::move(*act), wish.caller.principal.id, wish.reason,
              services_.scheduler.unix_ms()};
  auto fits =
      act ? log::check_rule_change(change) : Result<void>(std::unexpected(std::move(act.error())));
  if (fits && rules_untold_)
    fits = fail(ErrorCode::kUnavailable, "the rules of an earlier version were not taken over yet");
  if (!fits) return refuse(*object, {}, {.allowed = std::move(fits)}, std::move(answer));
  if (wish.dry_run) return answer_known(*object, 0, std::move(answer));
  const Bytes intent = log::encode_rule_change(change);
  submit(wish.caller, *rules,
         {.actor_seq = wish.actor_seq,
          .intent = intent,
          .right = deleting->right(),
          .named = wish.named},
         nullptr, std::move(answer));
}

void Workspace::answer_deletion(Deleting& deleting, Result<Receipt> receipt) {
  for (Deleting::Holding* each : {&deleting.deleted, &deleting.rules})
    if (LiveObject* held = std::exchange(each->object, nullptr)) unsubscribe(*held, *each);
  deleting.done(std::move(receipt));
}

Result<log::RuleAct> Workspace::deletion_of(const Deletion& wish, LiveObject& object) const {
  const std::uint64_t now_ms = services_.scheduler.unix_ms();
  const std::uint64_t erase_at_ms = wish.erase ? 0 : now_ms + deletions_.rule.grace_ms;
  if (object.position() > 0)
    return log::DeleteObject{.object = object.id(),
                             .generation = object.resident().generation(),
                             .after = chain_.head().last_position,
                             .erase_at_ms = erase_at_ms,
                             .type = std::string(object.object().type().name()),
                             .version = merge::version_of(object.object()).value_or(Bytes())};
  const log::EndedGeneration* last = deletions_.last(object.id());
  if (last == nullptr || log::is_erased(*last) || !wish.erase)
    return std::unexpected(no_object_error(object.id()));
  return log::EraseObject{.object = object.id(), .generation = last->generation};
}

Result<log::RuleAct> Workspace::undeletion_of(const Deletion& wish, LiveObject& object) const {
  const log::EndedGeneration* last = deletions_.last(wish.object);
  if (object.position() > 0 && last != nullptr)
    return fail(ErrorCode::kConflict,
                fmt::format("there is a new object of the name {}", wish.object));
  if (last == nullptr)
    return fail(ErrorCode::kNotFound, fmt::format("object {} is not deleted", wish.object));
  if (log::is_erased(*last) || last->erase_at_ms <= services_.scheduler.unix_ms())
    return fail(ErrorCode::kGone,
                fmt::format("object {} cannot be undeleted any more: the time for that is over",
                            wish.object));
  return log::UndeleteObject{.object = wish.object, .generation = last->generation};
}

// ---- what follows from that

void Workspace::read_deletions(const merge::Object& rules) {
  const log::HeldRules* held = state::rules_of(rules);
  if (held != nullptr && !is_mutated(Mutation::forget_deletions)) deletions_ = held->deletions;
  if (services_.deleted != nullptr) services_.deleted->set(name_, deletions_.workspace.has_value());
}

// The event has changed them.
void Workspace::take_deletion(const log::Event& event) {
  const auto change = log::decode_rule_change(event.intent);
  if (!change) return;
  const auto carry_out = [&](const auto& act) {
    log::carry_out(deletions_, act, change->principal, change->unix_ms);
  };
  deletions_at_ = event.position;
  if (const auto* act = std::get_if<log::DeleteObject>(&change->act)) {
    carry_out(*act);
    const auto live = live_.find(act->object);
    if (live != live_.end()) end_generation(*live->second, event.position);
  } else if (const auto* undone = std::get_if<log::UndeleteObject>(&change->act)) {
    carry_out(*undone);
    bring_back(undone->object);
  } else if (const auto* erased = std::get_if<log::EraseObject>(&change->act)) {
    carry_out(*erased);
  } else if (const auto* rule = std::get_if<log::SetDeletionRule>(&change->act)) {
    carry_out(*rule);
    for (auto& [id, object] : live_) look_at_past(*object);
  } else {
    take_workspace_deletion(*change, event.position);
  }
}

void Workspace::end_generation(LiveObject& object, log::Position position) {
  object.end_generation(position);
  services_.cache.begin_generation(object.resident(), object.resident().generation() + 1);
  look_at_past(object);
  outbox_.push(position, [this, &object](const Error* lost) {
    if (lost != nullptr) return;
    const Error error = deleted_error(object.id());
    waiting_.drop(object.id(), error);
    if (is_mutated(Mutation::deletion_untold)) return;
    object.subscribers().each([&](Subscriber& subscriber) { subscriber.on_deleted(error); }, 0,
                              object.ended_stay());
  });
}

// The object is loaded again by the next one who opens it. Whoever has it open has nothing of the generation that comes back.
void Workspace::bring_back(const std::string& object) {
  const auto found = live_.find(object);
  if (found == live_.end()) return;
  std::unique_ptr<LiveObject> gone = std::move(found->second);
  live_.erase(found);
  services_.cache.forget(gone->resident());
  gone->lose();
  LiveObject& lost = *lost_.emplace_back(std::move(gone));
  const Error error{ErrorCode::kUnavailable,
                    fmt::format("object {} was undeleted: connect again", object)};
  lost.subscribers().each([&](Subscriber& subscriber) { subscriber.on_lost(error); });
  sweep_later();
}

// An object that was just opened: what the cache has of it may be of a generation that has ended.
void Workspace::enter_generation(LiveObject& object) {
  if (deletions_at_ > outbox_.durable()) object.begin_at(deletions_at_);
  const log::EndedGeneration* last = deletions_.last(object.id());
  if (last == nullptr) return;
  if (object.position() <= last->after)
    services_.cache.begin_generation(object.resident(), last->generation + 1);
  look_at_past(object);
}

void Workspace::look_at_past(LiveObject& object) const {
  const auto found = deletions_.objects.find(object.id());
  if (found == deletions_.objects.end()) return object.set_past(nullptr);
  // The types of generations may differ; replicas of another type say nothing that this one could read.
  const merge::ObjectType* type = services_.types.find(found->second.back().type);
  std::vector<ByteView> versions;
  for (const log::EndedGeneration& ended : found->second)
    if (type != nullptr && ended.type == type->name()) versions.push_back(ended.version);
  object.set_past(type == nullptr ? nullptr : type->lineage(versions, deletions_.rule.seeds));
}

// ---- the workspace itself

void Workspace::take_workspace_deletion(const log::RuleChange& change, log::Position position) {
  const auto carry_out = [&](const auto& act) {
    log::carry_out(deletions_, act, change.principal, change.unix_ms);
  };
  if (const auto* act = std::get_if<log::DeleteWorkspace>(&change.act)) {
    carry_out(*act);
    return end_workspace(position);
  }
  if (const auto* act = std::get_if<log::EraseWorkspace>(&change.act)) return carry_out(*act);
  if (const auto* act = std::get_if<log::UndeleteWorkspace>(&change.act)) carry_out(*act);
  if (const auto* act = std::get_if<log::BeginWorkspace>(&change.act)) carry_out(*act);
  outbox_.push(position, [this](const Error* lost) {
    if (lost == nullptr && services_.deleted != nullptr) services_.deleted->set(name_, false);
  });
}

// From now on nothing is accepted. What is answered before the deletion is durable waits for it.
void Workspace::end_workspace(log::Position position) {
  for (auto& [id, object] : live_)
    if (!log::is_system_object(id)) {
      object->begin_at(position);
      object->wait_for(position);
    }
  outbox_.push(position, [this](const Error* lost) {
    if (lost != nullptr) return;
    if (services_.deleted != nullptr) services_.deleted->set(name_, true);
    if (is_mutated(Mutation::deletion_untold)) return;
    const Error error = deleted_workspace_error(name_);
    followers_.tell([&](Follower& follower) { follower.on_closed(error); });
    for (auto& [id, object] : live_)
      if (!log::is_system_object(id))
        object->subscribers().each([&](Subscriber& subscriber) { subscriber.on_deleted(error); });
  });
}

Result<void> Workspace::check_workspace_act(const log::RuleAct& act) const {
  const std::optional<log::EndedWorkspace>& ended = deletions_.workspace;
  if (!std::holds_alternative<log::UndeleteWorkspace>(act) || !ended || ended->erased) return {};
  if (ended->erase_at_ms > services_.scheduler.unix_ms()) return {};
  return fail(ErrorCode::kGone,
              "the workspace cannot be undeleted any more: the time for that is over");
}

Result<void> Workspace::check_there(std::string_view object) const {
  if (!deletions_.workspace || log::is_system_object(object)) return {};
  return std::unexpected(deleted_workspace_error(name_));
}

// ---- what comes from the past

// A long change is looked at by the worker that prepares it.
Result<void> Workspace::check_generation(const LiveObject& object, const Offer& offer) const {
  if (auto there = check_there(object.id()); !there) return there;
  if (is_mutated(Mutation::accept_old_generation)) return {};
  const bool opened_before = offer.author != 0 && offer.author <= object.ended_stay();
  const ByteView intent = offer.change.intent;
  const bool old = opened_before || (object.past() != nullptr && !is_long(intent) &&
                                     object.past()->has_change(intent));
  return old ? std::unexpected(old_replica_error(object)) : Result<void>();
}

Error Workspace::old_replica_error(const LiveObject& object) const {
  if (deletions_.last(object.id()) == nullptr) return {ErrorCode::kGone, "it was deleted"};
  return {ErrorCode::kGone, deleted_error(object.id()).message +
                                "; what you have is of that object: begin with an empty document"};
}

Error Workspace::deleted_error(std::string_view object) const {
  const log::EndedGeneration* last = deletions_.last(object);
  return {ErrorCode::kGone, fmt::format("object {} was deleted after position {}", object,
                                        last == nullptr ? 0 : last->after)};
}

Error Workspace::no_object_error(std::string_view object) const {
  if (deletions_.last(object) != nullptr) return deleted_error(object);
  return {ErrorCode::kNotFound, fmt::format("there is no object {}", object)};
}

}  // namespace syncline::workspace
