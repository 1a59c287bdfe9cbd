// The part of a workspace that deletes and renames objects, and keeps what they were from coming back under the old name.
//
// A deletion is an event of the system object "./deletions". It is made in one turn from the present state of that object
// and of the one that is deleted, so no change comes in between. From that turn on, the object in memory is the
// next generation: empty and without events. Renaming is such an end, followed by an event of the new name in the same append.
// Whoever opens the new name waits until both are durable, and loads what was there before.
#include "workspace/deletion.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "base/mutation.h"
#include "identity/names.h"
#include "merge/facets.h"
#include "policy/every_change.h"
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

  enum class What : std::uint8_t { kDelete, kUndelete, kRename };

  Deletion wish;
  What what = What::kDelete;
  Done<Receipt> done;
  Holding deleted = {};
  Holding target = {};  // of what is renamed
  Holding rules = {};

  identity::Right right() const {
    return wish.erase ? identity::Right::kErase : identity::Right::kDelete;
  }
};

// ---- deleting and undeleting

void Workspace::delete_object(Deletion deletion, Done<Receipt> done) {
  open_deletions(
      std::make_shared<Deleting>(std::move(deletion), Deleting::What::kDelete, std::move(done)));
}

void Workspace::undelete_object(Deletion deletion, Done<Receipt> done) {
  open_deletions(
      std::make_shared<Deleting>(std::move(deletion), Deleting::What::kUndelete, std::move(done)));
}

void Workspace::rename_object(Deletion deletion, Done<Receipt> done) {
  if (auto named = identity::check_new_object_id(deletion.to); !named)
    return done(std::unexpected(std::move(named.error())));
  if (log::is_system_object(deletion.to))
    return done(fail(ErrorCode::kInvalid, "this name belongs to the server"));
  if (deletion.to == deletion.object)
    return done(fail(ErrorCode::kInvalid, "the object has that name"));
  open_deletions(
      std::make_shared<Deleting>(std::move(deletion), Deleting::What::kRename, std::move(done)));
}

void Workspace::open_deletions(std::shared_ptr<Deleting> deleting) {
  const auto open = [this, deleting](std::string object, Deleting::Holding& holding,
                                     identity::Right right, Task next) {
    // A renaming may be sent again, and is known then.
    const bool takes_name = deleting->what == Deleting::What::kRename;
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
         right,
         false,
         takes_name});
  };
  if (log::is_system_object(deleting->wish.object))
    return deleting->done(fail(ErrorCode::kInvalid, "an object of the server cannot be deleted"));
  const auto open_rules = [this, deleting, open] {
    open(std::string(log::kDeletionsObject), deleting->rules, deleting->right(),
         [this, deleting] { try_deletion(deleting); });
  };
  open(deleting->wish.object, deleting->deleted, deleting->right(), [deleting, open, open_rules] {
    if (deleting->what != Deleting::What::kRename) return open_rules();
    open(deleting->wish.to, deleting->target, identity::Right::kWrite, open_rules);
  });
}

void Workspace::try_deletion(std::shared_ptr<Deleting> deleting) {
  LiveObject* const object = deleting->deleted.object;
  LiveObject* const rules = deleting->rules.object;
  LiveObject* const target = deleting->target.object;
  const bool renames = deleting->what == Deleting::What::kRename;
  if (object == nullptr || rules == nullptr || (renames && target == nullptr))
    return answer_deletion(*deleting, fail(ErrorCode::kUnavailable, "try again"));
  for (LiveObject* each : {object, rules, target})
    if (each != nullptr && each->busy())
      return each->wait([this, deleting] { try_deletion(deleting); });
  // What is brought back is read from the log, so all of it must be there.
  const bool undo = deleting->what == Deleting::What::kUndelete;
  if (undo && deletions_at_ > outbox_.durable())
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
  auto act = undo      ? undeletion_of(wish, *object)
             : renames ? renaming_of(wish, *object, *target)
                       : deletion_of(wish, *object);
  if (act && wish.allow)
    if (auto allowed = wish.allow(object->object(), object->position()); !allowed)
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
  for (Deleting::Holding* each : {&deleting.deleted, &deleting.target, &deleting.rules})
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
                             .version = ended_version(object)};
  const log::EndedGeneration* last = deletions_.last(object.id());
  if (last == nullptr || log::is_erased(*last) || !wish.erase || last->is_renamed())
    return std::unexpected(no_object_error(object.id()));
  return log::EraseObject{.object = object.id(), .generation = last->generation};
}

// An erasure of the whole workspace must come to its end, also if not all of it fits.
Bytes Workspace::ended_version(const LiveObject& object) const {
  Bytes version = merge::version_of(object.object()).value_or(Bytes());
  const bool fits = version.size() <= log::kMaxEndedVersionBytes &&
                    deletions_.version_bytes + version.size() <= log::kMaxAllEndedVersionBytes;
  return deletions_.workspace && !fits ? Bytes() : version;
}

// The object ends under this name, from the end of the generation before on.
Result<log::RuleAct> Workspace::renaming_of(const Deletion& wish, LiveObject& object,
                                            const LiveObject& target) const {
  if (object.position() == 0) return std::unexpected(no_object_error(object.id()));
  if (auto free = check_new_name(wish, target); !free)
    return std::unexpected(std::move(free.error()));
  const merge::ObjectType& type = object.object().type();
  if (!type.can_be_renamed())
    return fail(ErrorCode::kUnsupported,
                fmt::format("an object of the type {} cannot be renamed", type.name()));
  const log::EndedGeneration* before = deletions_.last(object.id());
  const log::EndedGeneration* taken = deletions_.last(wish.to);
  log::RenameObject act{.object = object.id(),
                        .generation = object.resident().generation(),
                        .since = before == nullptr ? 0 : before->after,
                        .after = chain_.head().last_position,
                        .type = std::string(type.name()),
                        .version = merge::version_of(object.object()).value_or(Bytes()),
                        .to = wish.to,
                        .to_generation = taken == nullptr ? 1 : taken->generation + 1};
  if (auto fits = log::check_fits(deletions_, act); !fits)
    return std::unexpected(std::move(fits.error()));
  return act;
}

Result<void> Workspace::check_new_name(const Deletion& wish, const LiveObject& target) const {
  if (target.position() > 0)
    return fail(ErrorCode::kConflict, fmt::format("object {} exists", wish.to));
  // What it holds comes under the rules of the new name, all at once.
  return verdict_on(wish.caller, identity::Right::kWrite, target, &policy::every_change(), 0)
      .allowed;
}

Result<log::RuleAct> Workspace::undeletion_of(const Deletion& wish, LiveObject& object) const {
  const log::EndedGeneration* last = deletions_.last(wish.object);
  if (object.position() > 0 && last != nullptr)
    return fail(ErrorCode::kConflict,
                fmt::format("there is a new object of the name {}", wish.object));
  if (last == nullptr)
    return fail(ErrorCode::kNotFound, fmt::format("object {} is not deleted", wish.object));
  if (last->is_renamed()) return std::unexpected(deleted_error(wish.object));
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
    bring_back(undone->object, "was undeleted");
  } else if (const auto* renamed = std::get_if<log::RenameObject>(&change->act)) {
    carry_out(*renamed);
    renamed_at_ = event.position;
    const auto live = live_.find(renamed->object);
    if (live != live_.end()) end_generation(*live->second, event.position);
    begin_renamed(*change, event);
    bring_back(renamed->to, "has the content of another one now");
  } else if (const auto* removed = std::get_if<log::RemoveRedirect>(&change->act)) {
    carry_out(*removed);
  } else if (const auto* erased = std::get_if<log::EraseObject>(&change->act)) {
    carry_out(*erased);
  } else if (const auto* rule = std::get_if<log::SetDeletionRule>(&change->act)) {
    carry_out(*rule);
    for (auto& [id, object] : live_) look_at_past(*object);
  } else {
    take_workspace_deletion(*change, event.position);
  }
}

// In the same append: so the new name is found where objects are listed, with who renamed it, and when.
void Workspace::begin_renamed(const log::RuleChange& change, const log::Event& event) {
  flush_later();
  const auto& act = std::get<log::RenameObject>(change.act);
  log::RuleChange said = change;
  std::get<log::RenameObject>(said.act).version.clear();
  log::Event begun = event;
  begun.kind = log::EventKind::kRenamed;
  begun.object = act.to;
  begun.type = act.type;
  begun.generation = act.to_generation;
  begun.actor_seq = begun.further_seqs = 0;
  begun.actor_named = false;
  begun.origin.reset();
  begun.effect.clear();
  begun.intent = log::encode_rule_change(said);
  auto sealed = chain_.seal(begun, services_.scheduler.unix_ms());
  SYNCLINE_ASSERT(sealed.has_value());  // it is shorter than the event that it follows
  batch_.push_back(std::move(*sealed));
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
void Workspace::bring_back(const std::string& object, const char* why) {
  const auto found = live_.find(object);
  if (found == live_.end()) return;
  std::unique_ptr<LiveObject> gone = std::move(found->second);
  live_.erase(found);
  services_.cache.forget(gone->resident());
  gone->lose();
  LiveObject& lost = *lost_.emplace_back(std::move(gone));
  const Error error{ErrorCode::kUnavailable,
                    fmt::format("object {} {}: connect again", object, why)};
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
  // What the object was before it had another name for a while is no other object.
  const auto earlier = deletions_.earlier_names(object.id(), object.resident().generation());
  for (const log::EndedGeneration& ended : found->second)
    if (type != nullptr && ended.type == type->name() &&
        std::ranges::find(earlier, std::pair(object.id(), ended.generation)) == earlier.end())
      versions.push_back(ended.version);
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
    if (lost != nullptr || is_mutated(Mutation::spare_open_workspace)) return;
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
  const log::EndedGeneration* last = deletions_.last(object.id());
  if (last == nullptr) return {ErrorCode::kGone, "it was deleted"};
  if (last->is_renamed()) return deleted_error(object.id());
  return {ErrorCode::kGone, deleted_error(object.id()).message +
                                "; what you have is of that object: begin with an empty document"};
}

Result<void> Workspace::check_not_moved(std::string_view object) const {
  if (deletions_.redirect(object) == nullptr || is_mutated(Mutation::open_old_name)) return {};
  return std::unexpected(deleted_error(object));
}

const std::string* Workspace::moved_to(std::string_view object) const {
  const log::EndedGeneration* ended = deletions_.redirect(object);
  return ended == nullptr || renamed_at_ > outbox_.durable() ? nullptr : &ended->renamed_to;
}

Error Workspace::deleted_error(std::string_view object) const {
  const log::EndedGeneration* last = deletions_.last(object);
  if (last != nullptr && last->is_renamed() && !log::is_erased(*last))
    return log::renamed_error(last->renamed_to);
  return {ErrorCode::kGone, fmt::format("object {} was deleted after position {}", object,
                                        last == nullptr ? 0 : last->after)};
}

Error Workspace::no_object_error(std::string_view object) const {
  if (deletions_.last(object) != nullptr) return deleted_error(object);
  return {ErrorCode::kNotFound, fmt::format("there is no object {}", object)};
}

}  // namespace syncline::workspace
