// Workspace: the path of a change, from its preparation to its event.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/names.h"
#include "log/file_version.h"
#include "log/rules.h"
#include "log/session_record.h"
#include "merge/effect_codec.h"
#include "policy/every_change.h"
#include "policy/workspace_policy.h"
#include "workspace/onlooker.h"
#include "workspace/workspace.h"

namespace syncline::workspace {

namespace {

constexpr std::size_t kTakenUpAtOnce = 64;  // waiting changes of an object that one turn submits
constexpr std::size_t kLookedAtOnce = 256;  // and looks at

// A long change, decoded, takes about so many times its bytes.
constexpr std::size_t kTimesDecoded = 4;

// What is sent when a change is durable.
struct Told {
  Bytes others;
  std::optional<Bytes> author;  // if it is not the change as it was sent
};

Told told_of(merge::Prepared prepared, ByteView sent, log::Event& event) {
  const bool recorded_as_sent = prepared.recorded.is_as_sent() && prepared.told.is_as_sent();
  Told told;
  told.others = recorded_as_sent ? std::move(event.intent) : to_bytes(prepared.told.of(sent));
  if (!prepared.answered.is_as_sent()) told.author = to_bytes(prepared.answered.of(sent));
  return told;
}

// On a worker.
Result<merge::Prepared> prepare_long(const merge::Object& object, ByteView intent,
                                     std::uint64_t most_steps) {
  auto prepared = object.prepare_within(intent, most_steps);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  if (!*prepared)
    return fail(ErrorCode::kTooLarge,
                fmt::format("applying this change may take more than {} steps; make it in parts",
                            most_steps));
  return std::move(**prepared);
}

}  // namespace

void Workspace::submit(const identity::Caller& caller, LiveObject& object, Change change,
                       const Subscriber* source, Done<Receipt> done) {
  const SubscriberList::Stay author = object.subscribers().stay(source);
  decide(caller, object,
         {.change = std::move(change),
          .author = author,
          .received_us = services_.scheduler.turn_began_us()},
         std::move(done));
}

void Workspace::decide(const identity::Caller& caller, LiveObject& object, Offer offer,
                       Done<Receipt> done) {
  if (object.lost()) return done(fail(ErrorCode::kUnavailable, "connect again"));
  if (object.busy()) {
    keep(offer.change);
    offer.elsewhere = true;
    const SubscriberList::Stay author = offer.author;
    return object.wait(
        [this, caller, &object, offer = std::move(offer), done = std::move(done)]() mutable {
          decide(caller, object, std::move(offer), std::move(done));
        },
        author);
  }
  const Doing naming(services_.scheduler, "change");
  if (auto current = check_generation(object, offer); !current)
    return refuse(object, offer, {std::unexpected(std::move(current.error()))}, std::move(done));
  if (answer_repeated(caller, object, offer, done)) return;
  if (is_long(offer.change.intent))
    return decide_elsewhere(caller, object, std::move(offer), std::move(done));
  auto within = prepare(object, offer.change.intent);
  if (within && !*within)
    return decide_elsewhere(caller, object, std::move(offer), std::move(done));
  Result<merge::Prepared> prepared = within ? Result<merge::Prepared>(std::move(**within))
                                            : std::unexpected(std::move(within.error()));
  const auto rules = allow(caller, object, offer, prepared, done);
  if (rules) settle(caller, object, offer, std::move(*prepared), *rules, nullptr, std::move(done));
}

// A long change, because of its size or of what it does: a worker prepares it and applies it. It is judged on the loop in between, and again
// in the turn in which it becomes an event. It belongs to the loop, as what it holds of sessions does: the
// worker only reads its bytes, and must not be the one who destroys it.
struct Workspace::LongChange {
  identity::Caller caller;
  Offer offer;
  Done<Receipt> done;
  std::optional<merge::Prepared> prepared = std::nullopt;
  log::Position rules = 0;  // that allowed it before it was applied
};

// What of an event takes as long as the change is, made on a worker.
struct Workspace::Ready {
  Bytes intent = {};  // as recorded
  Bytes effect = {};
  log::EncodedPayload payload = {};
  Result<std::vector<merge::IdRange>> ids = {};  // that it introduces
};

struct Workspace::PreparedLong {
  Result<merge::Prepared> prepared;
  Bytes copy = {};  // of the intent, if it waits for others
};

void Workspace::keep(Change& change) {
  if (change.owner != nullptr) return;
  const auto copy = std::make_shared<const Bytes>(to_bytes(change.intent));
  change.intent = *copy;
  change.owner = copy;
}

void Workspace::decide_elsewhere(const identity::Caller& caller, LiveObject& object, Offer offer,
                                 Done<Receipt> done) {
  keep(offer.change);
  offer.elsewhere = true;
  auto change = std::make_shared<LongChange>(LongChange{caller, std::move(offer), std::move(done)});
  const ByteView intent = change->offer.change.intent;
  lend<PreparedLong>(
      object, "prepare", kTimesDecoded * intent.size(),
      [intent, most = services_.off_loop->share.most_steps,
       past = is_mutated(Mutation::accept_old_generation) ? nullptr : object.past(),
       ended = old_replica_error(object)](const merge::Object& lent) mutable {
        if (past != nullptr && past->has_change(intent))
          return PreparedLong{std::unexpected(std::move(ended))};
        PreparedLong made{prepare_long(lent, intent, most)};
        if (made.prepared && made.prepared->waits()) made.copy = to_bytes(intent);
        return made;
      },
      [this, &object, change](PreparedLong made) {
        auto& prepared = made.prepared;
        change->offer.copy = std::move(made.copy);
        if (object.lost()) return change->done(fail(ErrorCode::kUnavailable, "connect again"));
        const auto rules = allow(change->caller, object, change->offer, prepared, change->done);
        if (!rules) return;
        change->rules = *rules;
        change->prepared = std::move(*prepared);
        apply_elsewhere(object, change);
      });
}

void Workspace::apply_elsewhere(LiveObject& object, std::shared_ptr<LongChange> change) {
  log::Event event = describe(change->caller, object, change->offer, change->rules);
  event.position = chain_.head().last_position + 1;
  event.era = chain_.head().era;
  event.salt = chain_.draw_salt();
  const ByteView intent = change->offer.change.intent;
  lend<Result<Ready>>(
      object, "apply", kTimesDecoded * intent.size(),
      [event = std::move(event), &prepared = *change->prepared,
       recorded =
           change->prepared->recorded.of(intent)](merge::Object& lent) mutable -> Result<Ready> {
        auto applied = lent.apply(recorded);
        (void)lent.memory_bytes();  // so that the loop need not measure what has changed
        if (!applied) return std::unexpected(std::move(applied.error()));
        event.intent = to_bytes(recorded);
        event.effect = merge::encode_effect(prepared.effect);
        auto payload = log::encode_payload(event, log::header_bytes(event));
        return Ready{std::move(event.intent), std::move(event.effect), std::move(payload),
                     lent.type().ids_of(recorded)};
      },
      [this, &object, change](Result<Ready> ready) {
        applied_elsewhere(object, *change, std::move(ready));
      });
}

// If it cannot become an event now, the state in memory is ahead of the log for good.
void Workspace::applied_elsewhere(LiveObject& object, LongChange& change, Result<Ready> applied) {
  if (object.lost()) return change.done(fail(ErrorCode::kUnavailable, "connect again"));
  policy::Verdict verdict;
  if (!is_mutated(Mutation::judge_once))
    verdict = judge(change.caller, change.offer.change.right, object, &change.prepared->effect,
                    change.offer.change.intent.size());
  if (applied && verdict.allowed)
    return settle(change.caller, object, change.offer, std::move(*change.prepared), verdict.rules,
                  &*applied, std::move(change.done));
  Error error = std::move(applied ? verdict.allowed.error() : applied.error());
  // Rules that refuse it and are not durable yet are lost with the state, so nobody knows whether they ever held.
  const bool undecided = verdict.rules > outbox_.durable() && !is_mutated(Mutation::refuse_by_lost);
  reset(error);
  if (undecided) error = {ErrorCode::kUnavailable, "the rules were changing: send it again"};
  change.done(std::unexpected(std::move(error)));
}

std::optional<log::Position> Workspace::allow(const identity::Caller& caller, LiveObject& object,
                                              Offer& offer, Result<merge::Prepared>& prepared,
                                              Done<Receipt>& done) {
  auto& apart = offer.change.apart;
  if (apart && (!prepared || prepared->waits())) {
    apart();
    return std::nullopt;
  }
  if (!prepared) {
    refuse(object, offer, {std::unexpected(std::move(prepared.error()))}, std::move(done));
    return std::nullopt;
  }
  if (prepared->waits() && !is_mutated(Mutation::drop_waiting_change)) {
    wait(caller, object, std::move(offer), std::move(*prepared->waits_for), std::move(done));
    return std::nullopt;
  }
  if (!prepared->changes && !is_mutated(Mutation::log_known_change)) {
    know(caller, object, offer, std::move(done));
    return std::nullopt;
  }
  policy::Verdict verdict =
      judge(caller, offer.change.right, object, &prepared->effect, offer.change.intent.size());
  if (offer.waited > 0 && is_mutated(Mutation::release_unjudged)) verdict.allowed = {};
  if (verdict.allowed && begins(object, offer))
    verdict.allowed = identity::check_new_object_id(object.id());
  if (verdict.allowed) verdict.allowed = check_quotas(object, offer);
  if (verdict.allowed) return verdict.rules;
  apart ? apart() : refuse(object, offer, std::move(verdict), std::move(done));
  return std::nullopt;
}

// Rules can be changed however much is stored, because that is how it becomes less. The client may go on: it
// reads, and may remove something.
Result<void> Workspace::check_quotas(const LiveObject& object, const Offer& offer) const {
  if (use_ == nullptr || offer.ingested != nullptr || log::is_system_object(object.id())) return {};
  auto within = use_->check(limits::Quota::kStoredBytes,
                            log::stored_bytes(object.object().type().name(), offer.change.intent));
  if (within && object.position() == 0) within = use_->check(limits::Quota::kObjects, 1);
  if (within && chain_.head().last_position == 0)
    within = use_->check(limits::Quota::kWorkspaces, 1);
  if (!within) within.error().code = ErrorCode::kForbidden;
  return within;
}

// What the change will take, before it becomes an event.
Workspace::Counted Workspace::count_use(const LiveObject& object) const {
  return {.use = use_,
          .bytes = 0,  // known with the event
          .new_object = object.position() == 0,
          .new_workspace = chain_.head().last_position == 0};
}

// The change becomes an event. It is answered and told when that is durable.
void Workspace::settle(const identity::Caller& caller, LiveObject& object, Offer& offer,
                       merge::Prepared prepared, log::Position rules, Ready* ready,
                       Done<Receipt> done) {
  Counted counted = count_use(object);
  auto event = accept(caller, object, offer, prepared, rules, ready);
  if (!event && offer.change.apart) return offer.change.apart();
  if (!event)
    return refuse(object, offer, {std::unexpected(std::move(event.error()))}, std::move(done));
  counted.bytes = log::stored_bytes(event->type, event->intent);
  counted.take(services_.scheduler.turn_began_us() / 1000);
  ++services_.counters.changes_accepted;
  services_.counters.bytes_accepted += offer.change.intent.size();
  note_author(caller, object, offer.author);
  Told told = told_of(std::move(prepared), offer.change.intent, *event);
  ToTell change{.object = &object,
                .author = offer.author,
                .position = event->position,
                .principal = std::move(event->principal),
                .others = std::move(told.others),
                .answer = std::move(told.author),
                .done = std::move(done)};
  outbox_.push_to_run(event->position,
                      [this, named = offer.change.named, received_us = offer.received_us,
                       elsewhere = offer.elsewhere, alone = offer.change.alone, counted,
                       change = std::move(change)](const Error* lost) mutable {
                        ++services_.counters.changes_settled;
                        counted.end(lost == nullptr);
                        if (lost != nullptr && !is_mutated(Mutation::ack_refused)) {
                          return change.done(std::unexpected(*lost));
                        }
                        Counters& counters = services_.counters;
                        const std::uint64_t us = services_.scheduler.turn_began_us() - received_us;
                        counters.durable_us.observe(us);
                        if (elsewhere)
                          counters.long_durable_us.observe(us);
                        else if (alone)
                          counters.alone_durable_us.observe(us);
                        telling_.add(std::move(change));
                      });
}

// True if the object gets a name with this change. An object of another region, and one that is
// restored into another workspace, have theirs from before.
bool Workspace::begins(const LiveObject& object, const Offer& offer) {
  return object.position() == 0 && offer.ingested == nullptr &&
         offer.change.right != identity::Right::kRestore;
}

// The change contains nothing new. Anybody who may read the object may learn this.
void Workspace::know(const identity::Caller& caller, LiveObject& object, const Offer& offer,
                     Done<Receipt> done) {
  policy::Verdict verdict = judge(caller, identity::Right::kRead, object);
  if (!verdict.allowed) return refuse(object, offer, std::move(verdict), std::move(done));
  ++services_.counters.changes_known;
  if (offer.waited > 0) waiting_.remove(object.id(), offer.waited);
  answer_known(object, verdict.rules, std::move(done));
}

void Workspace::refuse(LiveObject& object, const Offer& offer, policy::Verdict verdict,
                       Done<Receipt> done) {
  if (offer.waited > 0) waiting_.remove(object.id(), offer.waited);
  ++services_.counters.changes_refused;
  let_out(object, verdict.rules,
          [error = std::move(verdict.allowed.error()),
           done = std::move(done)](const Error* lost) mutable {
            done(std::unexpected(lost != nullptr ? *lost : std::move(error)));
          });
}

// It is not known what it touches, so only the right to change the object at all can be judged.
void Workspace::wait(const identity::Caller& caller, LiveObject& object, Offer offer,
                     Bytes waits_for, Done<Receipt> done) {
  policy::Verdict verdict = judge(caller, offer.change.right, object);
  if (!verdict.allowed) return refuse(object, offer, std::move(verdict), std::move(done));
  // The other region sends it again.
  if (offer.ingested != nullptr)
    return refuse(object, offer,
                  {fail(ErrorCode::kUnavailable, "it waits for changes that have not come yet")},
                  std::move(done));
  // Later, nobody knows any more what his token said of him.
  if (services_.people != nullptr && offer.waited == 0) services_.people->wrote(caller);
  const auto named = std::move(offer.change.named);
  WaitingChanges::Entry entry{
      {.number = offer.waited,
       .unix_ms = services_.scheduler.unix_ms(),
       .tenant = named ? named->id().tenant : std::string(split_name(name_).tenant),
       .principal = caller.principal.id,
       .actor = caller.actor,
       .actor_seq = offer.change.actor_seq,
       .further_seqs = offer.change.further_seqs,
       .actor_named = named != nullptr,
       .type = std::string(object.object().type().name()),
       .generation = object.resident().generation(),
       .intent = offer.copy.empty() ? to_bytes(offer.change.intent) : std::move(offer.copy),
       .waits_for = std::move(waits_for)}};
  entry.named = named;
  entry.came_from(caller);
  entry.author_known = offer.author_known;
  entry.charge = MemoryCharge(cell_of(caller, MemoryUse::kWaiting));
  entry.done.push_back(std::move(done));
  if (offer.waited > 0) return waiting_.put_back(object.id(), std::move(entry));
  ++services_.counters.changes_waiting;
  auto& waits = offer.change.waits;
  if (waits) waits(false);
  // Somebody looks on until it is stored: a workspace where nobody is any more is dropped, with the answer.
  auto onlooker = std::make_shared<Onlooker>();
  object.subscribers().add(*onlooker);
  waiting_.keep(
      object.id(), std::move(entry),
      [this, id = object.id(), onlooker, waits = std::move(waits)](Result<void> kept) mutable {
        if (const auto there = live_.find(id); there != live_.end())
          unsubscribe(*there->second, *onlooker);
        if (!kept) return refuse_waiting(id, kept.error());
        if (waits) waits(true);
        take_up_later(id);
      });
}

void Workspace::refuse_waiting(const std::string& object, const Error& error) {
  if (error.code != ErrorCode::kTooLarge && error.code != ErrorCode::kUnavailable)
    return report(error);
  ++services_.counters.waiting_refused;
  reporter_.warn("a change that waits for others was refused",
                 {{"reason", error.message}, {"workspace", name_}, {"object", object}});
}

// Changes that wait for what this event brings are looked at.
void Workspace::note_arrived(LiveObject& object, const Result<std::vector<merge::IdRange>>& ids) {
  if (ids) {
    for (const merge::IdRange& range : *ids)
      waiting_.arrived(object.id(), range.client, range.clock + range.length);
  }
  take_up_later(object.id());
}

void Workspace::take_up_later(const std::string& object) {
  if (rules_damaged_ || !waiting_.any_to_look_at(object) || !taking_up_.insert(object).second)
    return;
  services_.scheduler.post_in(lane_, [this, object, view = std::weak_ptr(view_)] {
    if (!view.expired()) take_up(object);
  });
}

// Submits changes that need not wait any more, a few at a time, because each may be what the next
// one needs.
void Workspace::take_up(const std::string& object) {
  taking_up_.erase(object);
  std::size_t looks = kLookedAtOnce;
  for (std::size_t taken = 0; taken < kTakenUpAtOnce; ++taken) {
    const auto live = live_.find(object);
    if (live == live_.end()) return;
    if (live->second->busy()) return live->second->wait([this, object] { take_up_later(object); });
    auto entry = waiting_.take_arrived(object, live->second->object(), looks);
    if (!entry) break;
    const auto waited = std::make_shared<WaitingChanges::Entry>(std::move(*entry));
    if (waited->change.actor_named && waited->named == nullptr)
      recall_and_submit(object, waited);
    else
      submit_waited(*live->second, waited);
  }
  take_up_later(object);
}

policy::Verdict Workspace::judge(const identity::Caller& caller, identity::Right right,
                                 const LiveObject& object, const merge::Effect* effect,
                                 std::size_t size) const {
  policy::Verdict verdict = verdict_on(caller, right, object, effect, size);
  if (!verdict.allowed && services_.audit != nullptr && !is_mutated(Mutation::refusal_not_audited))
    services_.audit->refused({.caller = caller,
                              .right = right,
                              .workspace = name_,
                              .object = object.id(),
                              .reason = verdict.allowed.error().message});
  return verdict;
}

policy::Verdict Workspace::verdict_on(const identity::Caller& caller, identity::Right right,
                                      const LiveObject& object, const merge::Effect* effect,
                                      std::size_t size) const {
  if (rules_damaged_ && !caller.local) return {.allowed = std::unexpected(*rules_damaged_)};
  policy::Verdict verdict =
      policy::decide(services_.deciders, policy_.get(),
                     {.caller = caller,
                      .right = right,
                      .workspace = name_,
                      .object = object.id(),
                      .type = object.object().type().name(),
                      .effect = effect,
                      .size = size,
                      .unix_ms = policy_ == nullptr ? 0 : services_.scheduler.unix_ms()});
  // Also if the last rule is gone. The event of a change follows that anyhow.
  if (effect == nullptr) verdict.rules = std::max(verdict.rules, own_rules_.at);
  return verdict;
}

bool Workspace::may_change_all(const identity::Caller& caller, const LiveObject& object) const {
  return verdict_on(caller, identity::Right::kWrite, object, &policy::every_change(), 0)
      .allowed.has_value();
}

// Queues an item that depends on the present state of an object and on the rules up to a position.
// If the object is lost, the item fails at once. While the object is away, the item depends on what is
// being done with it, too.
void Workspace::hold_back(LiveObject& object, log::Position rules, Outbox::Item item) {
  if (object.busy())
    return object.wait([this, &object, rules, item = std::move(item)]() mutable {
      hold_back(object, rules, std::move(item));
    });
  if (object.lost()) {
    const Error error{ErrorCode::kUnavailable, "connect again"};
    return item(&error);
  }
  const log::Position position = std::max(object.position(), rules);
  object.wait_for(std::max(position, outbox_.last()));  // it leaves after everything that waits
  outbox_.push(position, std::move(item));
}

void Workspace::when_durable(log::Position position, Done<void> done) {
  if (!open_) return done({});
  outbox_.push(position, [done = std::move(done)](const Error* lost) mutable {
    done(lost != nullptr ? std::unexpected(*lost) : Result<void>());
  });
}

// Nothing is new, but what is known may not be durable yet.
void Workspace::answer_known(LiveObject& object, log::Position rules, Done<Receipt> done) {
  answer_at(object, object.position(), rules, std::move(done));
}

// Answers that the state at `position` contains the change.
void Workspace::answer_at(LiveObject& object, log::Position position, log::Position rules,
                          Done<Receipt> done) {
  const log::Position after = std::max(position, rules);
  let_out(object, after, [this, position, done = std::move(done)](const Error* lost) mutable {
    if (lost != nullptr) return done(std::unexpected(*lost));
    done(Receipt{.position = position, .durability = durability_, .known = true});
  });
}

Result<log::Event> Workspace::accept(const identity::Caller& caller, LiveObject& object,
                                     const Offer& offer, const merge::Prepared& prepared,
                                     log::Position rules, Ready* ready) {
  // Of whoever has waited for longer than the process runs, it is recorded that his token says nothing.
  const bool recorded = policy_ != nullptr && (offer.author_known || offer.waited > 0);
  const auto session = recorded ? record_session(caller) : Result<log::Position>(0);
  if (!session && ready != nullptr) reset(session.error());  // a worker has applied it
  if (!session) return std::unexpected(session.error());
  log::Event event = describe(caller, object, offer, rules);
  if (!is_mutated(Mutation::forget_session)) event.session_at = *session;
  event.intent = ready != nullptr ? std::move(ready->intent)
                                  : to_bytes(prepared.recorded.of(offer.change.intent));
  event.effect =
      ready != nullptr ? std::move(ready->effect) : merge::encode_effect(prepared.effect);
  if (offer.ingested != nullptr) {
    const auto later = chain_.observe(offer.ingested->hlc, services_.scheduler.unix_ms());
    if (!later && ready != nullptr) reset(later.error());  // a worker has applied it
    if (!later) return std::unexpected(later.error());
  }
  const std::uint64_t now_ms = services_.scheduler.unix_ms();
  const std::uint64_t last_ms = chain_.head().accepted_ms();
  watch_clock(now_ms);
  auto sealed = ready != nullptr ? chain_.seal(event, now_ms, std::move(ready->payload))
                                 : chain_.seal(event, now_ms);
  Result<void> applied;
  if (sealed && ready == nullptr) applied = object.resident().object().apply(event.intent);
  if (!applied || (!sealed && ready != nullptr)) {
    // prepare() ruled out that a change cannot be applied. Nothing was logged, and the state in
    // memory cannot be trusted.
    Error error = applied ? std::move(sealed.error()) : std::move(applied.error());
    reset(error);
    return std::unexpected(std::move(error));
  }
  if (!sealed) return std::unexpected(std::move(sealed.error()));
  if (offer.change.named != nullptr)
    actors_.add(*offer.change.named, event.actor_seq, event.last_actor_seq(), event.position);
  const log::Position before = object.position();
  services_.cache.applied(object.resident(), event.position, sealed->record.size());
  if (offer.waited > 0) settled_.push_back({object.id(), offer.waited});
  batch_.push_back(std::move(*sealed));
  touched_.push_back(&object);
  if (event.era.since == event.position) note_era(event, last_ms);
  if (object.id() == log::kDeletionsObject) take_deletion(event);
  if (object.id() == log::kPolicyObject) {
    if (!is_mutated(Mutation::keep_old_policy)) take_policy(event, object.object(), before);
    outbox_.push(event.position, [this, rules = own_rules_](const Error* lost) {
      if (lost != nullptr) return;
      durable_rules_ = rules;
      tell_rights();
      if (is_system_ && services_.tenant_policies != nullptr)
        services_.tenant_policies->changed(split_name(name_).tenant, rules);
    });
  }
  flush_later();
  if (waiting_.any_loaded(object.id())) {
    if (ready != nullptr)
      note_arrived(object, ready->ids);
    else
      note_arrived(object, object.object().type().ids_of(event.intent));
  }
  return event;
}

// The event that records what is known of a caller whom rules have judged: made now, unless there is one. 0: nothing
// is known.
Result<log::Position> Workspace::record_session(const identity::Caller& caller) {
  if (caller.principal.id.empty()) return 0;
  const std::uint64_t now_ms = services_.scheduler.unix_ms();
  const std::uint64_t last_ms = chain_.head().accepted_ms();
  SessionRecords::Found found = sessions_.make().find(caller, now_ms);
  if (found.position > 0) return found.position;
  log::Event event = event_of(caller);
  event.kind = log::EventKind::kSession;
  event.object = log::kSessionsObject;
  event.type = log::kSessionType;
  event.intent = std::move(found.record);
  watch_clock(now_ms);
  auto sealed = chain_.seal(event, now_ms);
  if (!sealed) return std::unexpected(std::move(sealed.error()));
  batch_.push_back(std::move(*sealed));
  if (event.era.since == event.position) note_era(event, last_ms);
  const Counted counted{.use = use_, .bytes = event.intent.size()};
  counted.take(services_.scheduler.turn_began_us() / 1000);
  outbox_.push(event.position, [counted](const Error* lost) { counted.end(lost == nullptr); });
  sessions_.make().add(caller, event.intent, event.position, now_ms);
  flush_later();
  return event.position;
}

// What each event says of its author and of the owner of this log.
log::Event Workspace::event_of(const identity::Caller& caller) const {
  log::Event event;
  event.tenant = split_name(name_).tenant;
  event.principal = caller.principal.id;
  event.region = services_.region;
  event.node = services_.node;
  event.epoch = epoch_;
  return event;
}

// The event of a change, without its payload and its place in the log.
log::Event Workspace::describe(const identity::Caller& caller, LiveObject& object,
                               const Offer& offer, log::Position rules) const {
  log::Event event = event_of(caller);
  if (is_mutated(Mutation::log_name) && caller.principal.identity != nullptr)
    event.principal = caller.principal.identity->name;
  event.actor = caller.actor;
  event.actor_seq = offer.change.actor_seq;
  event.further_seqs = offer.change.further_seqs;
  if (offer.change.named != nullptr) {
    event.tenant = offer.change.named->id().tenant;
    event.actor_named = true;
  }
  event.object = object.id();
  event.trace = caller.trace.str();
  event.type = object.object().type().name();
  event.generation = object.resident().generation();
  event.policy_at = is_mutated(Mutation::hide_rules_position) ? 0 : rules;
  if (policy_ != nullptr) event.tenant_policy_at = policy_->tenant_at();
  if (event.tenant_policy_at > 0 && is_mutated(Mutation::misname_tenant_rules))
    --event.tenant_policy_at;
  if (offer.ingested != nullptr)
    event.origin = log::Origin{std::string(offer.region), offer.ingested->position};
  return event;
}

void Workspace::watch_clock(std::uint64_t unix_ms) {
  if (services_.clock == nullptr) return;
  const auto step = services_.clock->note(unix_ms, services_.scheduler.monotonic_ms());
  if (!step) return;
  ++services_.counters.clock_steps;
  if (services_.on_clock)
    services_.on_clock(
        fmt::format("the clock of this machine was set {} by {} s; new events get its time",
                    *step > 0 ? "ahead" : "back", (*step > 0 ? *step : -*step) / 1000));
}

void Workspace::note_era(const log::Event& event, std::uint64_t last_ms) {
  ++services_.counters.eras;
  if (services_.on_clock)
    services_.on_clock(
        fmt::format("the clock of this machine was {} s ahead when workspace {} was last changed; "
                    "from position "
                    "{} on, events have the present time again",
                    (last_ms - event.era.unix_ms) / 1000, name_, event.position));
}

}  // namespace syncline::workspace
