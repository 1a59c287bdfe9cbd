// Workspace: takes over what the log of another region accepted.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "identity/recorded_session.h"
#include "log/session_record.h"
#include "policy/rule_right.h"
#include "policy/workspace_policy.h"
#include "workspace/onlooker.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

Result<void> check_order(const std::vector<log::Event>& events) {
  const bool ascend = std::ranges::adjacent_find(events, std::ranges::greater_equal{},
                                                 &log::Event::position) == events.end();
  if (!ascend) return fail(ErrorCode::kInvalid, "the events are not in the order of their log");
  return {};
}

// Refuses what this version cannot take over completely.
Result<void> check_kind(const log::Event& event) {
  if (event.kind != log::EventKind::kChange || event.group.size > 1)
    return fail(ErrorCode::kUnsupported,
                "event " + std::to_string(event.position) + " is no single change");
  if (event.dropped_payload)
    return fail(ErrorCode::kUnsupported,
                "the payload of event " + std::to_string(event.position) + " was dropped");
  return {};
}

// Rules that take something away because of what a token says judge nobody whose token is not known.
Error unknown_author(const log::Event& event) {
  return {
      ErrorCode::kForbidden,
      fmt::format("the policies here depend on what the token of {} said, and that is not known: "
                  "event {} {}",
                  event.principal, event.position,
                  event.session_at == 0
                      ? "names no session record"
                      : fmt::format("names the session record at {}, which did not come with it "
                                    "or was dropped by retention",
                                    event.session_at))};
}

// What the author needed for it.
identity::Right right_of_event(const log::Event& event) {
  const auto change = log::rule_change_in(event);
  return change && *change ? policy::right_of((*change)->act) : identity::Right::kWrite;
}

// An event about the deletion of an object or of the workspace. Its positions are those of the log that holds it, so it is
// not taken over as it stands.
std::optional<log::RuleAct> deletion_in(const log::Event& event) {
  if (event.object != log::kDeletionsObject) return std::nullopt;
  const auto change = log::rule_change_in(event);
  if (!change || !*change || std::holds_alternative<log::SetDeletionRule>((*change)->act))
    return std::nullopt;
  return (*change)->act;
}

// What was deleted here, or there, is no reason to stop: the event alone is left out.
bool leaves_out(const Error& error) {
  return error.code == ErrorCode::kGone || error.code == ErrorCode::kMoved ||
         error.code == ErrorCode::kNotFound || error.code == ErrorCode::kConflict;
}

}  // namespace

struct Workspace::Ingesting {
  // What a token said of its holder.
  struct Recorded {
    std::string principal;
    std::optional<log::SessionRecord> record;  // nullopt: it was dropped, or cannot be read
  };

  std::string region;
  std::vector<log::Event> events;
  Done<log::Position> done;
  log::Position taken = 0;  // in the log of the region
  std::size_t next = 0;
  bool author_known = false;  // what the token of the author of the next event said
  std::shared_ptr<NamedActor> named = nullptr;     // of the next event, if its actor names itself
  std::map<log::Position, Recorded> records = {};  // by their positions there

  void learn(const log::Event& event) {
    auto record = log::session_in(event);
    records[event.position] = {event.principal,
                               record ? std::move(*record) : std::optional<log::SessionRecord>()};
  }
  Result<std::optional<identity::Caller>> author_of(const log::Event& event) const;

  // Goes on with the event after the next one.
  static void go_on(Workspace& workspace, std::shared_ptr<Ingesting> ingesting);
  static void leave_out(Workspace& workspace, std::shared_ptr<Ingesting> ingesting,
                        const Error& why);
  static void take_deletion(Workspace& workspace, std::shared_ptr<Ingesting> ingesting,
                            identity::Caller author, const log::RuleAct& act);
};

void Workspace::Ingesting::go_on(Workspace& workspace, std::shared_ptr<Ingesting> ingesting) {
  ingesting->taken = ingesting->events[ingesting->next++].position;
  workspace.ingest_next(std::move(ingesting));
}

void Workspace::Ingesting::leave_out(Workspace& workspace, std::shared_ptr<Ingesting> ingesting,
                                     const Error& why) {
  const log::Event& event = ingesting->events[ingesting->next];
  workspace.reporter_.warn("an event of another region was left out",
                           {{"workspace", workspace.name_},
                            {"region", ingesting->region},
                            {"position", event.position},
                            {"object", event.object},
                            {"reason", why.message}});
  go_on(workspace, std::move(ingesting));
}

// What its author asked for there is asked for here, of the same generation: this log has its own positions, its own state
// of the object, and its own rule for the time until the erasure. That an erasure is complete there says nothing of here.
void Workspace::Ingesting::take_deletion(Workspace& workspace, std::shared_ptr<Ingesting> ingesting,
                                         identity::Caller author, const log::RuleAct& act) {
  auto answered = [&workspace, ingesting](const Result<Receipt>& receipt) {
    if (receipt) return go_on(workspace, ingesting);
    if (leaves_out(receipt.error())) return leave_out(workspace, ingesting, receipt.error());
    ingesting->done(std::unexpected(receipt.error()));
  };
  const auto present = [&](const std::string& object) {
    const log::EndedGeneration* last = workspace.deletions_.last(object);
    return last == nullptr ? 1 : last->generation + 1;
  };
  if (const auto* deleted = std::get_if<log::DeleteObject>(&act)) {
    if (deleted->generation != present(deleted->object))
      return answered(fail(ErrorCode::kGone, "that generation is not here, or has ended here"));
    return workspace.delete_object({.caller = std::move(author),
                                    .object = deleted->object,
                                    .erase = deleted->erase_at_ms == 0},
                                   std::move(answered));
  }
  if (const auto* renamed = std::get_if<log::RenameObject>(&act)) {
    if (renamed->generation != present(renamed->object))
      return answered(fail(ErrorCode::kGone, "that generation is not here, or has ended here"));
    return workspace.rename_object(
        {.caller = std::move(author), .object = renamed->object, .to = renamed->to},
        std::move(answered));
  }
  if (const auto* removed = std::get_if<log::RemoveRedirect>(&act))
    return workspace.change_rules(author, identity::Right::kDelete, *removed, "",
                                  std::move(answered));
  const auto* undone = std::get_if<log::UndeleteObject>(&act);
  const auto* erased = std::get_if<log::EraseObject>(&act);
  if (erased != nullptr && erased->complete) return go_on(workspace, std::move(ingesting));
  if (undone == nullptr && erased == nullptr)
    return answered(fail(ErrorCode::kConflict, "a workspace is deleted in each region by itself"));
  const std::string& object = undone != nullptr ? undone->object : erased->object;
  const std::uint64_t generation = undone != nullptr ? undone->generation : erased->generation;
  if (generation + 1 != present(object))
    return answered(
        fail(ErrorCode::kGone, "that generation is not the last one that has ended here"));
  Deletion wish{.caller = std::move(author), .object = object, .erase = erased != nullptr};
  undone != nullptr ? workspace.undelete_object(std::move(wish), std::move(answered))
                    : workspace.delete_object(std::move(wish), std::move(answered));
}

// With what his token said. nullopt: that is not known.
Result<std::optional<identity::Caller>> Workspace::Ingesting::author_of(
    const log::Event& event) const {
  const auto found = records.find(event.session_at);
  if (event.session_at == 0 || found == records.end()) return std::nullopt;
  if (found->second.principal != event.principal)
    return fail(ErrorCode::kInvalid,
                fmt::format("event {} names the session record at {}, which is of somebody else",
                            event.position, event.session_at));
  if (!found->second.record) return std::nullopt;
  return identity::caller_of(*found->second.record, event.principal, event.tenant);
}

void Workspace::ingest(std::string region, std::vector<log::Event> events,
                       Done<log::Position> done) {
  if (auto ok = check_order(events); !ok) return done(std::unexpected(std::move(ok.error())));
  auto ingesting =
      std::make_shared<Ingesting>(Ingesting{std::move(region), std::move(events), std::move(done)});
  services_.log.ingested(name_, ingesting->region, [this, ingesting](Result<log::Position> taken) {
    if (!taken) return ingesting->done(std::unexpected(std::move(taken.error())));
    ingesting->taken = *taken;
    ingest_next(ingesting);
  });
}

// Takes over one event after the other. Each waits until the one before it is durable, so that the
// log never contains an event without those before it.
void Workspace::ingest_next(std::shared_ptr<Ingesting> ingesting) {
  auto& [region, events, done, taken, next, author_known, named, records] = *ingesting;
  // Session records belong to the log that holds them. They tell who the authors are, whom this log records again.
  for (; next < events.size(); ++next) {
    const log::Event& event = events[next];
    const bool is_record = event.kind == log::EventKind::kSession;
    if (is_record) ingesting->learn(event);
    if (event.position > taken && !is_record) break;
    taken = std::max(taken, event.position);
  }
  if (next == events.size()) return done(taken);
  // The event before it renames the object here, too.
  if (events[next].kind == log::EventKind::kRenamed)
    return Ingesting::go_on(*this, std::move(ingesting));
  if (auto ok = check_kind(events[next]); !ok) return done(std::unexpected(std::move(ok.error())));
  const log::Event& event = events[next];
  const log::ActorId actor{event.tenant, event.principal, event.actor};
  if (event.actor_named && (named == nullptr || named->id() != actor))
    return recall(actor, [this, ingesting](Result<std::shared_ptr<NamedActor>> recalled) {
      if (!recalled) return ingesting->done(std::unexpected(std::move(recalled.error())));
      ingesting->named = std::move(*recalled);
      ingest_next(ingesting);
    });
  auto known = ingesting->author_of(event);
  if (!known) return ingesting->done(std::unexpected(std::move(known.error())));
  // Otherwise, whoever changed a rule had a token that allows that, and others are no administrators.
  const bool writes = right_of_event(event) == identity::Right::kWrite;
  identity::Caller author{.principal = {.id = event.principal},
                          .rights = writes ? identity::Rights::writing() : identity::Rights::all()};
  author_known = known->has_value();
  if (*known) author = std::move(**known);
  author.actor = event.actor;
  author.trace = event.trace;
  if (const auto act = deletion_in(event))
    return open([this, ingesting, author, act = *act](Result<void> ready) {
      ready ? Ingesting::take_deletion(*this, ingesting, author, act)
            : ingesting->done(std::unexpected(std::move(ready.error())));
    });
  auto onlooker = std::make_shared<Onlooker>();
  auto take = [this, ingesting, author, onlooker](Result<LiveObject*> live) {
    if (!live && live.error().code == ErrorCode::kMoved)
      return Ingesting::leave_out(*this, ingesting, live.error());
    if (!live) return ingesting->done(std::unexpected(std::move(live.error())));
    ingest_into(**live, author, ingesting);
    unsubscribe(**live, *onlooker);
  };
  subscribe(author, event.object, {}, *onlooker, std::move(take));
}

void Workspace::ingest_into(LiveObject& object, const identity::Caller& author,
                            std::shared_ptr<Ingesting> ingesting) {
  if (object.busy())
    return object.wait(
        [this, &object, author, ingesting] { ingest_into(object, author, ingesting); });
  const log::Event& event = ingesting->events[ingesting->next];
  if (!ingesting->author_known && policy_ != nullptr && policy_->needs_token())
    return ingesting->done(std::unexpected(unknown_author(event)));
  if (event.generation != object.resident().generation())
    return Ingesting::leave_out(
        *this, ingesting,
        {ErrorCode::kGone, fmt::format("it is of generation {}, and the object here of {}",
                                       event.generation, object.resident().generation())});
  const auto type = services_.types.require(event.type);
  if (!type) return ingesting->done(std::unexpected(type.error()));
  if (object.position() == 0) services_.cache.begin_as(object.resident(), **type);
  if (&object.object().type() != *type)
    return ingesting->done(
        fail(ErrorCode::kConflict, "object " + object.id() + " is of another type in this region"));
  Offer offer{.change = {.actor_seq = event.actor_seq,
                         .further_seqs = event.further_seqs,
                         .intent = event.intent,
                         .owner = ingesting,
                         .right = right_of_event(event),
                         .named = event.actor_named ? ingesting->named : nullptr},
              .ingested = &event,
              .region = ingesting->region,
              .author_known = ingesting->author_known,
              .received_us = services_.scheduler.turn_began_us()};
  decide(author, object, std::move(offer), [this, ingesting](Result<Receipt> receipt) {
    if (!receipt && receipt.error().code == ErrorCode::kGone)
      return Ingesting::leave_out(*this, ingesting, receipt.error());
    if (!receipt) return ingesting->done(std::unexpected(std::move(receipt.error())));
    Ingesting::go_on(*this, ingesting);
  });
}

}  // namespace syncline::workspace
