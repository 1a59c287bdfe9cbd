// The part of a workspace that changes its rules: pins, retention, holds, quarantine lifted, policies and
// shares.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/mutation.h"
#include "log/rules_held.h"
#include "merge/effect_codec.h"
#include "policy/access_schema.h"
#include "policy/workspace_policy.h"
#include "state/rules_object.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

// The actor of events that say what a version before 0.2 kept without events.
constexpr std::string_view kTakenOver = "taken over";

}  // namespace

// ---- changing a rule

// Somebody who changes a rule, subscribed to the system object until that is done.
class Workspace::RuleAuthor final : public Subscriber {
 public:
  RuleAuthor(identity::Caller asking, identity::Right needed, log::RuleChange asked,
             Done<Receipt> answer)
      : caller(std::move(asking)),
        right(needed),
        change(std::move(asked)),
        done(std::move(answer)) {}

  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
  void on_lost(const Error& error) override { lost = error; }

  const identity::Caller caller;
  const identity::Right right;
  const log::RuleChange change;
  Done<Receipt> done;
  std::optional<Error> lost;
};

void Workspace::change_rules(const identity::Caller& caller, identity::Right right,
                             log::RuleAct act, std::string reason, Done<Receipt> done) {
  log::RuleChange change{std::move(act), caller.principal.id, std::move(reason),
                         services_.scheduler.unix_ms()};
  if (auto ok = log::check_rule_change(change); !ok)
    return done(std::unexpected(std::move(ok.error())));
  if (const auto* set = std::get_if<log::SetPolicy>(&change.act))
    if (auto fits = policy::check_policy_text(set->name, set->text); !fits)
      return done(std::unexpected(std::move(fits.error())));
  const std::string object(log::object_of(change.act));
  auto author = std::make_shared<RuleAuthor>(caller, right, std::move(change), std::move(done));
  auto opened = [this, author](Result<LiveObject*> live) {
    if (!live) return author->done(std::unexpected(std::move(live.error())));
    begin_rules(author, **live);
  };
  subscribe({caller, object, {}, author.get(), std::move(opened), right});
}

// What retention keeps decides on pins: it is read first. The object stays in memory meanwhile.
void Workspace::begin_rules(std::shared_ptr<RuleAuthor> author, LiveObject& object) {
  if (author->lost) return author->done(std::unexpected(*author->lost));
  services_.retention.load_retention(
      name_, [this, view = std::weak_ptr(view_), author = std::move(author),
              &object](Result<log::Retention> kept) {
        if (view.expired())
          return author->done(std::unexpected(author->lost.value_or(
              Error{ErrorCode::kUnavailable, "the workspace was closed: try again"})));
        if (object.busy())
          return object.wait([this, author = std::move(author), &object]() mutable {
            begin_rules(std::move(author), object);
          });
        services_.cache.begin_as(object.resident(), state::rules_type());
        auto fits = kept ? check_rule(*author, object, *kept)
                         : Result<void>(std::unexpected(std::move(kept.error())));
        if (fits) {
          const Bytes intent = log::encode_rule_change(author->change);
          submit(author->caller, object, {.intent = intent, .right = author->right}, author.get(),
                 std::move(author->done));
        } else {
          author->done(std::unexpected(std::move(fits.error())));
        }
        if (!view.expired()) unsubscribe(object, *author);
      });
}

// What the store would refuse. A refused append costs the whole workspace its view, so it is found here.
Result<void> Workspace::check_rule(const RuleAuthor& author, const LiveObject& object,
                                   const log::Retention& kept) const {
  const log::Position last = chain_.head().last_position;
  if (last == 0) return fail(ErrorCode::kNotFound, "there is no workspace " + name_);
  if (rules_untold_)
    return fail(ErrorCode::kUnavailable,
                fmt::format("workspace {} has pins or rules of an earlier version, which could not "
                            "be taken over yet",
                            name_));
  const log::HeldRules* held = state::rules_of(object.object());
  if (held == nullptr)
    return fail(ErrorCode::kUnsupported,
                fmt::format("object {} does not have the type 'rules'", object.id()));
  const auto* pin = std::get_if<log::SetPin>(&author.change.act);
  if (pin == nullptr) return {};
  if (pin->position > last)
    return fail(ErrorCode::kInvalid,
                fmt::format("workspace {} has no position {} to pin", name_, pin->position));
  const auto stands = held->pins.find(pin->name);
  if (pin->position >= kept.floor ||
      (stands != held->pins.end() && stands->second.position == pin->position) ||
      is_mutated(Mutation::pin_what_is_gone))
    return {};
  return std::unexpected(log::dropped_error(name_, pin->position, kept.floor));
}

// ---- opening

// Before anybody is let in: what a version before 0.2 kept without events becomes events, and the
// objects that hold the rules can be read.
void Workspace::look_at_rules(log::Head head) {
  if (head.last_position == 0) return head_loaded(head);
  services_.rules.load_standing(
      name_, [this, head, view = std::weak_ptr(view_)](Result<log::RulesStanding> standing) {
        if (view.expired()) return;
        // What is damaged beside the log is no reason to refuse the log.
        rules_untold_ = !standing && standing.error().code == ErrorCode::kCorrupt;
        if (rules_untold_) return head_loaded(head);
        if (!standing) return head_loaded(std::unexpected(std::move(standing.error())));
        if (standing->told) return read_rules(head, 0);
        if (standing->untold.empty()) return head_loaded(head);
        take_over_rules(head, log::take_over(standing->untold));
      });
}

void Workspace::take_over_rules(log::Head head, const std::vector<log::RuleChange>& changes) {
  log::EventChain chain(head, services_.random);
  std::map<std::string_view, std::unique_ptr<merge::Object>> objects;
  std::vector<log::EncodedEvent> events;
  for (const log::RuleChange& change : changes) {
    auto& object = objects[log::object_of(change.act)];
    if (!object) object = state::rules_type().create();
    log::Event event;
    event.principal = change.principal;
    event.actor = kTakenOver;
    event.object = log::object_of(change.act);
    event.type = log::kRulesType;
    event.region = services_.region;
    event.node = services_.node;
    event.intent = log::encode_rule_change(change);
    const auto prepared = object->prepare(event.intent);
    if (!prepared || !object->apply(event.intent)) continue;
    event.effect = merge::encode_effect(prepared->effect);
    auto sealed = chain.seal(event, services_.scheduler.unix_ms());
    if (sealed) events.push_back(std::move(*sealed));
  }
  if (events.empty()) return head_loaded(head);
  const std::uint64_t count = events.size();
  services_.log.append(name_,
                       {.events = std::move(events), .after = head.last_position, .epoch = epoch_},
                       [this, head, count, taken = chain.head(),
                        view = std::weak_ptr(view_)](Result<log::Appended> appended) {
                         if (view.expired()) return;
                         if (appended) {
                           services_.counters.events_committed += count;
                           if (services_.checkpoints != nullptr)
                             services_.checkpoints->appended(name_, count);
                           return head_loaded(taken);
                         }
                         // A full disk keeps nobody from reading. The next one who opens the workspace tries again.
                         rules_untold_ = appended.error().code == ErrorCode::kUnavailable;
                         head_loaded(rules_untold_ ? Result<log::Head>(head)
                                                   : std::unexpected(std::move(appended.error())));
                       });
}

// The system objects one after the other, from that one on. If one is damaged, nobody knows what the
// workspace promises, and nobody but the local operator is let in (Host::admit, judge).
void Workspace::read_rules(log::Head head, std::size_t index) {
  static constexpr std::string_view kObjects[] = {log::kPinsObject, log::kRetentionObject,
                                                  log::kQuarantineObject, log::kPolicyObject};
  if (index == std::size(kObjects)) return head_loaded(head);
  services_.cache.acquire(name_, std::string(kObjects[index]),
                          [this, head, index, view = std::weak_ptr(view_),
                           &cache = services_.cache](Result<state::Resident*> resident) {
                            const bool current = !view.expired();
                            if (resident && current && kObjects[index] == log::kPolicyObject)
                              take_policy((*resident)->object(), (*resident)->position());
                            if (resident) cache.release(**resident);
                            if (!current) return;
                            if (resident) return read_rules(head, index + 1);
                            const ErrorCode code = resident.error().code;
                            if (code != ErrorCode::kCorrupt && code != ErrorCode::kUnsupported)
                              return head_loaded(std::unexpected(resident.error()));
                            rules_damaged_ = rules_error(name_, resident.error());
                            head_loaded(head);
                          });
}

// ---- policies and shares

void Workspace::take_policy(const merge::Object& object, log::Position position) {
  policy_ = position == 0 ? nullptr : policy_of(name_, object, position);
  if (policy_ == nullptr || !policy_->damage()) return;
  reporter_.error("the policies of a workspace cannot be read: only administrators may change them",
                  {{"workspace", name_}, {"reason", policy_->damage()->message}});
}

std::shared_ptr<const policy::WorkspacePolicy> policy_of(const std::string& workspace,
                                                         const merge::Object& object,
                                                         log::Position position) {
  if (const log::HeldRules* held = state::rules_of(object))
    return policy::WorkspacePolicy::make(workspace, *held, position);
  return policy::WorkspacePolicy::unreadable(
      {ErrorCode::kCorrupt, "the object ./policy does not have the type 'rules'"}, position);
}

// In the turn in which the change is durable, and before anybody is told of what came after it.
void Workspace::tell_rights() {
  const Doing naming(services_.scheduler, "policy");
  for (auto& [id, object] : live_)
    object->subscribers().each([](Subscriber& subscriber) { subscriber.on_rights(); });
}

Error rules_error(const std::string& workspace, const Error& damage) {
  return {damage.code,
          fmt::format("workspace {} is closed, because an object that holds its rules cannot be "
                      "read ({}). Only the operator of the server can read it, with the command "
                      "line and the data directory",
                      workspace, damage.message)};
}

}  // namespace syncline::workspace
