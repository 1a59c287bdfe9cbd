// The part of a workspace that changes its rules: pins, retention, holds, quarantine lifted, policies and
// shares.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/rules_held.h"
#include "merge/effect_codec.h"
#include "policy/access_schema.h"
#include "policy/workspace_policy.h"
#include "state/rules_object.h"
#include "workspace/rule_compiler.h"
#include "workspace/workspace.h"

namespace syncline::workspace {
namespace {

// The actor of events that say what a version before 0.2 kept without events.
constexpr std::string_view kTakenOver = "taken over";

constexpr std::size_t kAskedAtOnce = 256;                       // subscribers
constexpr std::uint64_t kStepsAtOnce = std::uint64_t{1} << 17;  // of policies, in a turn

bool is_about_shares(const log::RuleAct& act) {
  return std::holds_alternative<log::Share>(act) || std::holds_alternative<log::Unshare>(act);
}

bool is_damage(ErrorCode code) {
  return code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported;
}

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
  // A worker checks a long text (compile_ahead).
  const auto* set = std::get_if<log::SetPolicy>(&change.act);
  if (set != nullptr && (!services_.off_loop || set->text.size() <= kCompiledHereBytes))
    if (auto fits = policy::check_policy_text(set->name, set->text); !fits)
      return done(std::unexpected(std::move(fits.error())));
  const std::string object(log::object_of(change.act));
  if (is_system_ && is_about_shares(change.act))
    return done(
        fail(ErrorCode::kInvalid,
             "what holds for a whole tenant is said by policies; shares are of one workspace"));
  if (is_system_ && object == log::kPolicyObject && services_.tenant_policies != nullptr &&
      !is_mutated(Mutation::ack_tenant_at_once))
    done = [tenants = services_.tenant_policies, tenant = std::string(split_name(name_).tenant),
            done = std::move(done)](Result<Receipt> receipt) mutable {
      if (!receipt) return done(std::move(receipt));
      tenants->when_taken(tenant, [done = std::move(done), receipt]() mutable { done(receipt); });
    };
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
              &object](Result<log::Retention> kept) mutable {
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
        if (fits && compile_ahead(author, object)) return;
        if (fits)
          submit_rules(author, object);
        else
          author->done(std::unexpected(std::move(fits.error())));
        if (!view.expired()) unsubscribe(object, *author);
      });
}

void Workspace::submit_rules(std::shared_ptr<RuleAuthor> author, LiveObject& object) {
  const Bytes intent = log::encode_rule_change(author->change);
  submit(author->caller, object, {.intent = intent, .right = author->right}, author.get(),
         std::move(author->done));
}

// True if a worker checks the change first and compiles what the policies and shares will be, because that is too long for
// the loop; the change goes on then. If another change of them comes first, this is begun again.
bool Workspace::compile_ahead(std::shared_ptr<RuleAuthor>& author, LiveObject& object) {
  if (object.id() != log::kPolicyObject || !services_.off_loop) return false;
  const log::HeldRules& held = *state::rules_of(object.object());
  if (!is_long_change(held, author->change.act)) return false;
  Bytes intent = log::encode_rule_change(author->change);
  const auto prepared = object.object().prepare(intent);
  if (!prepared ||
      !verdict_on(author->caller, author->right, object, &prepared->effect, intent.size()).allowed)
    return false;  // it will be refused
  log::HeldRules next;
  next.policies = held.policies;
  next.shares = held.shares;
  if (!log::carry_out(next, author->change)) return false;
  compile_change(
      *services_.off_loop, name_, std::move(next), author->change.act,
      [this, author, &object, view = std::weak_ptr(view_), before = object.position(),
       intent = std::move(intent)](Result<std::shared_ptr<const policy::RuleSet>> rules) mutable {
        if (view.expired() || author->lost)
          return author->done(std::unexpected(author->lost.value_or(
              Error{ErrorCode::kUnavailable, "the workspace was closed: try again"})));
        if (rules && (object.busy() || object.position() != before))
          return begin_rules(std::move(author), object);
        if (rules) {
          ahead_ = Ahead{before, std::move(intent), std::move(*rules)};
          submit_rules(author, object);
        } else {
          author->done(std::unexpected(std::move(rules.error())));
        }
        if (!view.expired()) unsubscribe(object, *author);
      });
  return true;
}

// What the store would refuse. A refused append costs the whole workspace its view, so it is found here.
Result<void> Workspace::check_rule(const RuleAuthor& author, const LiveObject& object,
                                   const log::Retention& kept) const {
  const log::Position last = chain_.head().last_position;
  // The server's own begins when it is needed.
  if (last == 0 && !(is_system_ && object.id() == log::kPolicyObject))
    return fail(ErrorCode::kNotFound, "there is no workspace " + name_);
  if (rules_untold_)
    return fail(ErrorCode::kUnavailable,
                fmt::format("workspace {} has pins or rules of an earlier version, which could not "
                            "be taken over yet",
                            name_));
  const log::HeldRules* held = state::rules_of(object.object());
  if (held == nullptr)
    return fail(ErrorCode::kUnsupported,
                fmt::format("object {} does not have the type 'rules'", object.id()));
  if (auto fits = check_workspace_act(author.change.act); !fits) return fits;
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

// Nobody is let in before it is known what holds for the tenant.
void Workspace::look_at_tenant(log::Head head) {
  if (is_system_ || services_.tenant_policies == nullptr ||
      is_mutated(Mutation::open_without_tenant))
    return look_at_rules(head);
  services_.tenant_policies->load(
      split_name(name_).tenant,
      [this, head, view = std::weak_ptr(view_)](Result<policy::RulesAt> rules) {
        if (view.expired()) return;
        if (!rules && !is_damage(rules.error().code))
          return head_loaded(std::unexpected(std::move(rules.error())));
        if (rules)
          take_tenant_rules(*rules);
        else
          rules_damaged_ = std::move(rules.error());
        look_at_rules(head);
      });
}

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
        any_deletions_ = standing->deletions;
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
                                                  log::kQuarantineObject, log::kPolicyObject,
                                                  log::kDeletionsObject};
  if (index == std::size(kObjects) || (kObjects[index] == log::kDeletionsObject && !any_deletions_))
    return head_loaded(head);
  services_.cache.acquire(name_, std::string(kObjects[index]),
                          [this, head, index, view = std::weak_ptr(view_),
                           &cache = services_.cache](Result<state::Resident*> resident) {
                            const bool current = !view.expired();
                            if (resident && current && kObjects[index] == log::kPolicyObject)
                              return read_policy(head, index, **resident);
                            if (resident && current && kObjects[index] == log::kDeletionsObject)
                              read_deletions((*resident)->object());
                            if (resident) cache.release(**resident);
                            if (!current) return;
                            if (resident) return read_rules(head, index + 1);
                            if (!is_damage(resident.error().code))
                              return head_loaded(std::unexpected(resident.error()));
                            rules_damaged_ = rules_error(name_, resident.error());
                            head_loaded(head);
                          });
}

// ---- policies and shares

void Workspace::read_policy(log::Head head, std::size_t index, state::Resident& resident) {
  compile_rules(services_.off_loop, name_, resident.object(), resident.position(),
                [this, head, index, view = std::weak_ptr(view_)](policy::RulesAt rules) {
                  if (view.expired()) return;
                  own_rules_ = durable_rules_ = std::move(rules);
                  use_rules();
                  read_rules(head, index + 1);
                });
  services_.cache.release(resident);
}

// The event has changed them. `before`: the position of the event before it.
void Workspace::take_policy(const log::Event& event, const merge::Object& object,
                            log::Position before) {
  const auto ahead = std::exchange(ahead_, std::nullopt);
  if (ahead && ahead->before == before && ahead->intent == event.intent) {
    own_rules_ = {ahead->rules, event.position};
  } else {
    compile_rules(std::nullopt, name_, object, event.position,
                  [this](policy::RulesAt rules) { own_rules_ = std::move(rules); });
  }
  use_rules();
}

// Of somebody who opens an object and stays. Requests over HTTP are noted where they are admitted (Host).
void Workspace::note_read(const identity::Caller& caller, const LiveObject& object) const {
  if (services_.audit == nullptr || policy_ == nullptr || is_mutated(Mutation::audit_requests_only))
    return;
  if (policy_->is_audited({.caller = caller,
                           .right = identity::Right::kRead,
                           .workspace = name_,
                           .object = object.id(),
                           .type = object.object().type().name(),
                           .unix_ms = services_.scheduler.unix_ms()}))
    services_.audit->read(caller, identity::Right::kRead, name_, object.id());
}

void Workspace::take_tenant_rules(const policy::RulesAt& rules) {
  if (is_system_ || rules.at < tenant_rules_.at) return;
  const bool same = rules.at == tenant_rules_.at;
  tenant_rules_ = rules;
  use_rules();
  if (open_ && !same && !is_mutated(Mutation::spare_open_in_tenant)) tell_rights(true);
}

void Workspace::use_rules() {
  policy_ = policy::WorkspacePolicy::of(own_rules_, tenant_rules_);
  if (policy_ == nullptr || !policy_->damage()) return;
  reporter_.error("the policies of a workspace cannot be read: only administrators may change them",
                  {{"workspace", name_}, {"reason", policy_->damage()->message}});
}

// ---- asking those who are connected again

// Until all were asked, nothing is told to anybody, so nobody gets what he may not read any more. The first part is asked
// at once, or, if there are more workspaces to look at in this turn, `later`.
void Workspace::tell_rights(bool later) {
  if (is_mutated(Mutation::spare_open_documents)) return;
  const bool under_way = asking_.has_value();
  asking_ = Asking{};
  if (under_way || live_.empty()) {
    if (!under_way) asking_.reset();
    return;
  }
  later ? ask_in_a_turn() : go_on_asking();
}

void Workspace::ask_in_a_turn() {
  outbox_.hold();
  services_.scheduler.post_in(lane_, [this, view = std::weak_ptr(view_)] {
    if (!view.expired() && asking_) go_on_asking();
  });
}

void Workspace::go_on_asking() {
  const Doing naming(services_.scheduler, "policy");
  if (!ask_some()) return ask_in_a_turn();
  asking_.reset();
  if (!outbox_.held()) return;
  outbox_.resume();
  sweep_later();
}

// As many as a turn has time for. True if all were asked.
bool Workspace::ask_some() {
  // Rules that the log may still lose decide about what comes, and not about who stays: he would be told what others
  // change until then. They are asked again when those are durable.
  const auto ahead = policy_;
  if (own_rules_.at != durable_rules_.at && !is_mutated(Mutation::ask_ahead))
    policy_ = policy::WorkspacePolicy::of(durable_rules_, tenant_rules_);
  const bool all = ask_with_these();
  if (asking_) policy_ = ahead;  // otherwise the workspace has dropped its view
  return all;
}

bool Workspace::ask_with_these() {
  const auto steps = [this] { return policy_ == nullptr ? 0 : policy_->steps(); };
  const std::uint64_t began = steps();
  std::size_t asked = 0;
  for (auto next = live_.lower_bound(asking_->object); next != live_.end(); ++next) {
    if (next->first != asking_->object) asking_ = Asking{std::string(next->first)};
    while (true) {
      const auto [subscriber, stay] = next->second->subscribers().next(asking_->after);
      if (subscriber == nullptr) break;
      if (++asked > kAskedAtOnce || steps() - began > kStepsAtOnce) return false;
      asking_->after = stay;
      subscriber->on_rights();
      if (!asking_) return true;  // the workspace has dropped its view
    }
  }
  return true;
}

Error rules_error(const std::string& workspace, const Error& damage) {
  return {damage.code,
          fmt::format("workspace {} is closed, because an object that holds its rules cannot be "
                      "read ({}). Only the operator of the server can read it, with the command "
                      "line and the data directory",
                      workspace, damage.message)};
}

}  // namespace syncline::workspace
