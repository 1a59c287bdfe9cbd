#include "sim/custodian.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "log/rules.h"
#include "protocol/event_json.h"
#include "protocol/retention_json.h"
#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_log.h"
#include "store/retention.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kManyRecords = 100'000;

std::set<log::Position> dropped_in(const std::vector<log::Event>& events) {
  std::set<log::Position> dropped;
  for (const log::Event& event : events)
    if (event.dropped_payload) dropped.insert(event.position);
  return dropped;
}

void apply(const log::RetentionChange& change, log::RetentionRule& rule,
           std::optional<log::Hold>& hold) {
  if (change.act == log::RetentionAct::kSetRule) rule = change.rule;
  if (change.act == log::RetentionAct::kHold)
    hold = log::Hold{change.principal, change.reason, change.unix_ms};
  if (change.act == log::RetentionAct::kRelease) hold.reset();
}

// True if an answer shows the expected rule and hold.
bool says(const crdt::Any& json, const Custodian::Kept& kept) {
  const std::uint64_t age = protocol::parse_duration(text_in(json, "keep_for")).value_or(0);
  const crdt::Any* hold = json.find("hold");
  const bool held = hold && !text_in(*hold, "principal").empty();
  return age == kept.rule.keep_ms && number_in(json, "keep_last") == kept.rule.keep_last &&
         held == kept.hold.has_value() && (!held || text_in(*hold, "reason") == kept.hold->reason);
}

// The server decides when a hold begins, between the request and its answer. Afterwards that stays.
bool is_stored(Custodian::Kept& kept, const log::Retention& stored) {
  if (stored.rule != kept.rule || stored.hold.has_value() != kept.hold.has_value()) return false;
  if (!stored.hold) return true;
  const std::string since = protocol::time_text(stored.hold->unix_ms);
  if (kept.since.empty()) kept.since = since;
  return stored.hold->principal == kept.hold->principal &&
         stored.hold->reason == kept.hold->reason && since == kept.since;
}

// True if the object's state at `moment` can be rebuilt from the newest snapshot before it and the
// payloads after that snapshot. `events` are those of the object.
bool can_be_told(const store::Tables& tables, const std::string& workspace,
                 const std::vector<const log::Event*>& events, log::Position moment) {
  const auto end = std::ranges::upper_bound(events, moment, {}, &log::Event::position);
  if (end == events.begin()) return true;
  const log::Event& last = **std::prev(end);
  const auto snapshot = store::read_snapshot(tables, workspace, last.object, last.position);
  const log::Position from = snapshot && *snapshot ? (*snapshot)->position : 0;
  return std::none_of(events.begin(), end, [&](const log::Event* event) {
    return event->position > from && event->dropped_payload;
  });
}

}  // namespace

Custodian::Custodian(World& world, Server& server, CustodianSettings settings,
                     std::set<std::string> workspaces, PinsOf pins)
    : world_(world),
      server_(server),
      settings_(settings),
      workspaces_(workspaces.begin(), workspaces.end()),
      pins_(std::move(pins)),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("custodian")) {}

void Custodian::start() {
  if (settings_.works && !workspaces_.empty()) act_later();
}

void Custodian::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.every_us)), [this] {
    act();
    act_later();
  });
}

void Custodian::act() {
  if (server_.process() == nullptr) return;
  const std::string& workspace = dice_.pick(workspaces_);
  Kept& kept = kept_[workspace];
  if (dice_.chance(0.4)) return retain(workspace);
  if (kept.pending) return;
  change(workspace, draw_change(kept));
}

log::RetentionChange Custodian::draw_change(const Kept& kept) {
  log::RetentionChange change;
  change.principal = Rights::kOperator;
  if (kept.hold && dice_.chance(0.5)) {
    change.act = log::RetentionAct::kRelease;
  } else if (!kept.hold && !kept.rule.keeps_all() && dice_.chance(0.3)) {
    change.act = log::RetentionAct::kHold;
    change.reason = fmt::format("case {}", dice_.below(1000));
  } else if (!dice_.chance(0.1)) {  // otherwise everything is kept from now on
    if (dice_.chance(0.7)) change.rule.keep_last = dice_.scale(1, settings_.max_events);
    if (dice_.chance(0.3)) change.rule.keep_ms = dice_.scale(1, settings_.max_age_ms / 1000) * 1000;
  }
  return change;
}

void Custodian::change(const std::string& workspace, log::RetentionChange change) {
  Kept& kept = kept_[workspace];
  // From now on, payloads may be dropped, whether or not this is confirmed.
  if (change.act == log::RetentionAct::kRelease) kept.dropped.reset();
  const std::string target = workspace_target(workspace);
  std::string rule = fmt::format("/retention?keep_last={}", change.rule.keep_last);
  if (change.rule.keep_ms > 0) rule += fmt::format("&keep_for={}s", change.rule.keep_ms / 1000);
  const bool sets = change.act == log::RetentionAct::kSetRule;
  const std::string rest = sets ? rule : "/hold?reason=" + percent_encode(change.reason);
  const bool releases = change.act == log::RetentionAct::kRelease;
  kept.pending = std::move(change);
  user_.ask(releases ? "DELETE" : "PUT", target + rest,
            [this, workspace, past = past_](const ApiUser::Answer& answer) {
              if (past == past_) changed(workspace, answer);
            });
}

void Custodian::changed(const std::string& workspace, const ApiUser::Answer& answer) {
  Kept& kept = kept_[workspace];
  if (!kept.pending) return;
  if (!answer.ok()) return refused(workspace, kept, answer);
  const log::RetentionAct act = kept.pending->act;
  const log::Position floor = number_in(answer.json, "kept_from");
  world_.trace.note(Kind::kCheck, "custodian", static_cast<std::uint64_t>(act), floor,
                    [&] { return fmt::format("{} {}", to_string(act), workspace); });
  confirm(kept);
  if (!says(answer.json, kept))
    return broken(workspace, "what was confirmed is not what was asked for");
  world_.hit(act == log::RetentionAct::kHold      ? Probe::hold_set
             : act == log::RetentionAct::kRelease ? Probe::hold_released
                                                  : Probe::rule_set);
  if (act != log::RetentionAct::kHold) return;
  kept.since = text_in(*answer.json.find("hold"), "since");
  if (const auto events = read_log(server_.process()->store->tables(), workspace))
    kept.dropped = dropped_in(*events);
}

void Custodian::refused(const std::string& workspace, Kept& kept, const ApiUser::Answer& answer) {
  const std::string code = answer.code();
  if (code == "forbidden" || code == "unauthorized")
    return world_.violated(std::string(kRights),
                           fmt::format("{}: {}", workspace, answer.message()));
  if (code == "conflict")
    return world_.violated(std::string(kDurable),
                           fmt::format("{}: {}", workspace, answer.message()));
  // If the disk has failed, the outcome is visible after the server has restarted.
  if (code == "io") return;
  // The change may be stored although reading the view after it failed. The record shows it.
  const auto records =
      store::read_retention_records(server_.process()->store->tables(), workspace, 0, kManyRecords);
  if (code == "corrupt" && records && records->size() == kept.records + 1) return confirm(kept);
  kept.pending.reset();
}

void Custodian::confirm(Kept& kept) {
  if (kept.pending->act == log::RetentionAct::kHold) kept.since.clear();
  apply(*kept.pending, kept.rule, kept.hold);
  kept.pending.reset();
  ++kept.records;
}

void Custodian::retain(const std::string& workspace) {
  user_.ask("POST", workspace_target(workspace) + "/retention",
            [this, workspace, past = past_](const ApiUser::Answer& answer) {
              if (past == past_) retained(workspace, answer);
            });
}

void Custodian::retained(const std::string& workspace, const ApiUser::Answer& answer) {
  if (answer.code() == "forbidden") world_.hit(Probe::drop_held);
  if (!answer.ok()) return;
  const log::Position floor = number_in(answer.json, "kept_from");
  const log::Position swept_to = number_in(answer.json, "swept_to");
  const std::uint64_t events = number_in(answer.json, "events");
  world_.trace.note(Kind::kCheck, "custodian", swept_to, events, [&] {
    return fmt::format("has {} payloads of {} dropped, up to {} of {}", events, workspace, swept_to,
                       floor);
  });
  if (events > 0) world_.hit(Probe::dropped_by_hand);
  const crdt::Any* unreadable = answer.json.find("unreadable");
  const auto* list = unreadable ? std::get_if<crdt::Any::Array>(&unreadable->value()) : nullptr;
  if (list && !list->empty()) world_.hit(Probe::kept_unreadable);
  Kept& kept = kept_[workspace];
  kept.floor = std::max(kept.floor, floor);
}

// ---- what must hold

void Custodian::broken(const std::string& workspace, std::string_view what) {
  world_.violated(std::string(kRetention), fmt::format("{}: {}", workspace, what));
}

void Custodian::check(const DiskTables& tables) {
  for (const std::string& workspace : workspaces_)
    check_workspace(tables, workspace, kept_[workspace]);
}

void Custodian::check_workspace(const DiskTables& tables, const std::string& workspace,
                                Kept& kept) {
  const auto stored = store::read_retention(tables, workspace);
  if (!stored) return broken(workspace, stored.error().message);
  check_said(tables, workspace, kept, *stored);
  check_bounds(workspace, kept, *stored);
  check_events(tables, workspace, kept, stored->floor);
  if (const auto events = read_log(tables, workspace))
    check_swept(workspace, *events, stored->swept_to);
}

void Custodian::check_said(const DiskTables& tables, const std::string& workspace, Kept& kept,
                           const log::Retention& stored) {
  const auto records = store::read_retention_records(tables, workspace, 0, kManyRecords);
  const std::size_t recorded = records ? records->size() : 0;
  // A change that was never confirmed may be stored all the same. Now this is known.
  if (kept.pending && recorded == kept.records + 1) confirm(kept);
  kept.pending.reset();
  if (!is_stored(kept, stored))
    return world_.violated(
        std::string(kDurable),
        fmt::format("{}: a rule or a hold is not what was confirmed", workspace));
  if (recorded != kept.records)
    world_.violated(std::string(kDurable), fmt::format("{}: {} are on record of {} that said how "
                                                       "long it is kept",
                                                       workspace, recorded, kept.records));
}

void Custodian::check_bounds(const std::string& workspace, Kept& kept,
                             const log::Retention& stored) {
  if (stored.floor < kept.floor)
    return broken(workspace, fmt::format("the floor sank from {} to {}", kept.floor, stored.floor));
  if (stored.swept_to > stored.floor)
    return broken(workspace,
                  fmt::format("swept to {}, past the floor at {}", stored.swept_to, stored.floor));
  // After a pin was removed, the sweep starts again, to drop what was kept for it.
  const std::uint64_t removed = pins_(workspace).removed;
  if (stored.swept_to < kept.swept_to && removed == kept.removed_pins)
    return broken(workspace,
                  fmt::format("swept to {}, and then to {} only", kept.swept_to, stored.swept_to));
  kept.floor = stored.floor;
  kept.swept_to = stored.swept_to;
  kept.removed_pins = removed;
  if (stored.swept_to < stored.floor && stored.swept_to > 0) world_.hit(Probe::sweep_interrupted);
}

void Custodian::check_events(const DiskTables& tables, const std::string& workspace, Kept& kept,
                             log::Position floor) {
  const auto events = read_log(tables, workspace);
  if (!events) return;  // another oracle reports this
  const std::set<log::Position> dropped = dropped_in(*events);
  if (!dropped.empty() && *dropped.rbegin() > floor)
    return broken(workspace, fmt::format("event {} lost its payload, and it is kept from {} on",
                                         *dropped.rbegin(), floor));
  if (kept.hold && kept.dropped && *kept.dropped != dropped)
    return broken(workspace, "payloads went under a legal hold");
  if (kept.hold) kept.dropped = dropped;
  std::map<std::string_view, std::vector<const log::Event*>> objects;
  for (const log::Event& event : *events) objects[event.object].push_back(&event);
  std::vector<log::Position> moments = pins_(workspace).positions;
  std::erase_if(moments, [&](log::Position pin) { return pin > floor; });
  moments.push_back(floor);
  for (const auto& [object, own] : objects)
    for (const log::Position moment : moments) {
      if (moment < floor && own.front()->position <= moment && own.front()->dropped_payload)
        world_.hit(Probe::pin_outlives_payloads);
      if (!server_.disk().has_damaged_files() && !can_be_told(tables, workspace, own, moment))
        return broken(workspace,
                      fmt::format("nothing stands for {} as it was at {}, and it is kept "
                                  "from {} on, or pinned",
                                  object, moment, floor));
    }
}

// Everything that a sweep has passed is dropped, except for objects that could not be read.
void Custodian::check_swept(const std::string& workspace, const std::vector<log::Event>& events,
                            log::Position swept_to) {
  if (server_.expects_damage()) return;
  for (const log::Event& event : events)
    if (event.position <= swept_to && !event.dropped_payload &&
        !log::is_system_object(event.object))
      return broken(workspace,
                    fmt::format("event {} was swept, and has its payload still", event.position));
}

void Custodian::rolled_back(const DiskTables& tables) {
  ++past_;
  kept_.clear();
  for (const std::string& workspace : workspaces_) {
    const auto stored = store::read_retention(tables, workspace);
    const auto records = store::read_retention_records(tables, workspace, 0, kManyRecords);
    if (!stored || !records) continue;
    kept_[workspace] = {.rule = stored->rule,
                        .hold = stored->hold,
                        .records = records->size(),
                        .pending = {},
                        .floor = stored->floor,
                        .swept_to = stored->swept_to,
                        .removed_pins = pins_(workspace).removed,
                        .dropped = {}};
  }
}

}  // namespace syncline::sim
