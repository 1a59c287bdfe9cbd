#include "sim/historians.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "base/percent.h"
#include "merge/object.h"
#include "node/known_types.h"
#include "protocol/event_json.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/stored_log.h"
#include "state/generation.h"
#include "store/retention.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kMaxAnswers = 40;  // except for look_around()
constexpr int kQuestionsAtOnce = 8;
constexpr std::string_view kPinPrefix = "pin-";

bool is_pin(const std::string& moment) {
  return moment.starts_with(kPinPrefix);
}

// The last era that began at or before the time, and in it the last event at or before the time.
log::Position position_at(std::span<const log::Event> events, std::uint64_t unix_ms) {
  while (!events.empty()) {
    const log::Position since = std::max<log::Position>(events.back().era.since, 1);
    const auto era = events.subspan(since - 1);
    const auto later = std::ranges::find_if(
        era, [&](const log::Event& event) { return event.accepted_ms() > unix_ms; });
    if (later != era.begin()) return since - 1 + static_cast<log::Position>(later - era.begin());
    events = events.first(since - 1);
  }
  return 0;
}

// "there was no object x at 7" -> 7
log::Position position_at_end(std::string_view message) {
  log::Position position = 0;
  const std::string_view digits = message.substr(message.rfind(' ') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), position);
  return position;
}

std::vector<ObjectName> without_junk(const std::set<ObjectName>& objects) {
  std::vector<ObjectName> kept;
  std::ranges::copy_if(objects, std::back_inserter(kept), std::not_fn(is_junk));
  return kept;
}

}  // namespace

Historians::Historians(World& world, Server& server, const std::set<ObjectName>& objects)
    : world_(world),
      server_(server),
      objects_(without_junk(objects)),
      dice_(world.dice.fork("historians")),
      every_us_(dice_.scale(kSecond, 60 * kSecond)),
      visitor_(world, server, std::string(Rights::kVisitor)),
      operator_(world, server, std::string(Rights::kOperator)) {}

void Historians::start() {
  if (!objects_.empty()) ask_later();
}

void Historians::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    ask();
    if (answers_.size() < kMaxAnswers) ask_later();
  });
}

void Historians::look_around() {
  if (objects_.empty()) return;
  for (int i = 0; i < kQuestionsAtOnce; ++i) ask();
}

// Looks up in the log itself what can be asked for.
void Historians::ask() {
  Server::Process* process = server_.process();
  if (process == nullptr) return;
  const ObjectName& object = objects_[dice_.below(objects_.size())];
  process->loop_of(object.first).post([this, process, object, past = past_] {
    process->shard_of(object.first)
        .store->events()
        .head(object.first, [this, process, object, past](Result<log::Head> head) {
          if (past != past_ || !head || head->last_position == 0) return;
          look(*process, object, *head);
        });
  });
}

void Historians::look(Server::Process& process, const ObjectName& object, const log::Head& head) {
  const auto& pins = pins_[object.first];
  switch (dice_.below(5)) {
    case 4:
      if (!pins.empty() && dice_.chance(0.4)) return remove_pin(object.first);
      [[fallthrough]];
    case 0: return set_pin(object.first, head);
    case 1: return look_at_time_of(process, object, head);
    case 2:
      if (!pins.empty()) {
        const auto& [name, position] = *std::next(pins.begin(), dice_.below(pins.size()));
        return look_at(object, {.text = name, .position = position});
      }
      [[fallthrough]];
    default: {
      const log::Position at = dice_.below(head.last_position + 1);
      return look_at(object, {.text = std::to_string(at), .position = at});
    }
  }
}

void Historians::set_pin(const std::string& workspace, const log::Head& head) {
  const std::string name = fmt::format("{}{}", kPinPrefix, next_pin_++);
  const log::Position position = dice_.between(1, head.last_position);
  const std::string target = workspace_target(workspace) + "/pins/" + name;
  // Sometimes an actor without the right tries it.
  if (dice_.chance(0.1))
    visitor_.ask("PUT", target + "-not?at=1", [this](const ApiUser::Answer& answer) {
      if (answer.status != 403)
        world_.violated(std::string(kRights), "a visitor set a pin: " + answer.body);
    });
  operator_.ask("PUT", fmt::format("{}?at={}", target, position),
                [this, workspace, name, position, past = past_](const ApiUser::Answer& answer) {
                  if (answer.ok() && past == past_) pinned(workspace, name, position);
                });
}

// If the answer is lost, nobody knows whether the pin still exists, so it is no longer promised.
void Historians::remove_pin(const std::string& workspace) {
  auto& pins = pins_[workspace];
  const std::string name = std::next(pins.begin(), dice_.below(pins.size()))->first;
  pins.erase(name);
  ++removed_[workspace];
  operator_.ask("DELETE", workspace_target(workspace) + "/pins/" + name,
                [this, past = past_](const ApiUser::Answer& answer) {
                  if (answer.ok() && past == past_) world_.hit(Probe::pin_removed);
                });
}

std::vector<log::Position> Historians::pins(const std::string& workspace) const {
  std::vector<log::Position> positions;
  if (const auto pins = pins_.find(workspace); pins != pins_.end())
    for (const auto& [name, position] : pins->second) positions.push_back(position);
  return positions;
}

std::uint64_t Historians::removed_pins(const std::string& workspace) const {
  const auto removed = removed_.find(workspace);
  return removed == removed_.end() ? 0 : removed->second;
}

// True for the name of a pin that is still promised.
bool Historians::is_pinned(const std::string& workspace, const std::string& moment) const {
  const auto pins = pins_.find(workspace);
  return pins != pins_.end() && pins->second.contains(moment);
}

// The time of an event before the last one, so that no later event can have this stamp.
void Historians::look_at_time_of(Server::Process& process, const ObjectName& object,
                                 const log::Head& head) {
  const log::Position position = dice_.below(head.last_position);
  process.shard_of(object.first)
      .store->events()
      .read(object.first, position, {.max_events = 1},
            [this, object, past = past_, end = head.last_position,
             last = head.accepted_ms()](auto events) {
              if (past != past_ || !events || events->empty()) return;
              const std::uint64_t then = events->front().accepted_ms();
              if (then >= last) return;
              look_at(object,
                      {.text = protocol::time_text(then), .unix_ms = then, .asked_at = end});
            });
}

void Historians::look_at(const ObjectName& object, Moment moment) {
  visitor_.ask("GET",
               object_target(object.first, object.second) + "?at=" + percent_encode(moment.text),
               [this, object, moment, past = past_](const ApiUser::Answer& answer) {
                 if (past == past_) judge(object, moment, answer);
               });
}

// A moment before the floor must be refused, unless it is pinned. Any other must exist.
void Historians::judge(const ObjectName& object, const Moment& moment,
                       const ApiUser::Answer& answer) {
  const bool pin = is_pin(moment.text);
  if (pin && !is_pinned(object.first, moment.text)) return;  // removed in the meantime
  const bool absent = answer.message().starts_with("there was no object ");
  if (answer.ok() || absent) {
    const crdt::Any* state = answer.json.find("state");
    const log::Position at =
        absent ? position_at_end(answer.message()) : number_in(answer.json, "at");
    if (moment.unix_ms == 0 && at != moment.position)
      return world_.violated(std::string(moment.position > 0 ? kDurable : kPosition),
                             fmt::format("{}: '{}' means {} and not {}", object.first, moment.text,
                                         at, moment.position));
    return answered({object, at, moment.unix_ms, number_in(answer.json, "position"),
                     state ? crdt::to_json(*state) : "{}", moment.asked_at});
  }
  const std::string code = answer.code();
  const bool gone = code == "not_found";
  if (pin ? gone : code == "corrupt" && !server_.expects_damage())
    return world_.violated(std::string(kRetention), fmt::format("{} at {}: {}", shown(object),
                                                                moment.text, answer.message()));
  if (!gone) return;
  world_.hit(Probe::past_refused);
  if (moment.unix_ms == 0) refused(object.first, moment.position);
}

void Historians::answered(Answer answer) {
  world_.trace.note(Kind::kCheck, "historian", answer.at, answer.content.size(), [&] {
    return fmt::format("sees {} as it was at {}", shown(answer.object), answer.at);
  });
  world_.hit(answer.unix_ms > 0 ? Probe::looked_at_time : Probe::looked_back);
  answers_.push_back(std::move(answer));
}

void Historians::pinned(const std::string& workspace, const std::string& name,
                        log::Position position) {
  world_.hit(Probe::pinned);
  pins_[workspace][name] = position;
}

void Historians::rolled_back() {
  ++past_;
  answers_.clear();
  pins_.clear();
  refused_.clear();
}

void Historians::check(const store::Tables& tables) {
  check_pins(tables);
  check_refusals(tables);
  std::map<ObjectName, std::vector<const Answer*>> by_object;
  for (const Answer& answer : answers_) by_object[answer.object].push_back(&answer);
  for (auto& [name, answers] : by_object) {
    std::ranges::stable_sort(answers, {}, &Answer::at);
    check_object(name, answers, tables);
  }
}

void Historians::check_pins(const store::Tables& tables) {
  for (const auto& [workspace, pins] : pins_)
    for (const auto& [name, position] : pins) {
      const auto pin = store::read_pin(tables, workspace, name);
      if (!pin || !*pin || (*pin)->position != position)
        world_.violated(std::string(kDurable),
                        fmt::format("{}: the pin {} at {} was confirmed and is lost", workspace,
                                    name, position));
    }
}

// The floor never sinks, so a moment that was refused stays before it.
void Historians::check_refusals(const store::Tables& tables) {
  for (const auto& [workspace, refused] : refused_) {
    const auto retention = store::read_retention(tables, workspace);
    if (!retention || *refused.rbegin() < retention->floor) continue;
    world_.violated(std::string(kRetention),
                    fmt::format("{} at {} was refused, and is kept from {} on", workspace,
                                *refused.rbegin(), retention->floor));
  }
}

void Historians::check_object(const ObjectName& name, const std::vector<const Answer*>& answers,
                              const store::Tables& tables) {
  const auto events = read_log(tables, name.first);
  if (!events) return;  // another oracle reports this
  std::unique_ptr<merge::Object> model = node::known_types().default_type().create();
  std::uint64_t generation = 0;
  log::Position position = 0;
  auto event = events->begin();
  for (const Answer* answer : answers) {
    for (; event != events->end() && event->position <= answer->at; ++event) {
      if (event->object != name.second) continue;
      position = event->position;
      if (state::enter_generation(node::known_types(), *event, model, generation))
        static_cast<void>(model->apply(event->intent));
    }
    check_time(*answer, *events);
    const bool same = position == answer->position && same_json(answer->content, model->to_json());
    if (!same && !is_confused(world_, name, *events, answer->at))
      return world_.violated(
          std::string(kPosition),
          fmt::format("{} was shown as of {} with its event {}, which is not what the log gives",
                      shown(name), answer->at, answer->position));
  }
}

void Historians::check_time(const Answer& answer, const std::vector<log::Event>& events) {
  if (answer.unix_ms == 0) return;
  const log::Position expected = position_at(events, answer.unix_ms);
  bool explained = answer.at == expected;
  // An era that began after the answer may claim its time.
  const auto begins_era = [](const log::Event& event) { return event.era.since == event.position; };
  for (std::size_t i = answer.at; i < events.size() && !explained; ++i) {
    if (begins_era(events[i]))
      explained = answer.at == position_at(std::span(events).first(i), answer.unix_ms);
  }
  // Or one that began between question and answer. The answer is then the end of the log at that
  // moment.
  if (!explained && answer.asked_at < answer.at && answer.at <= events.size()) {
    const auto before = std::span(events).first(answer.at);
    explained = answer.at == position_at(before, answer.unix_ms) &&
                std::ranges::any_of(before.subspan(answer.asked_at), begins_era);
  }
  if (!explained)
    world_.violated(std::string(kPosition),
                    fmt::format("{}: {} ms is taken for position {}, not {}", answer.object.first,
                                answer.unix_ms, answer.at, expected));
}

}  // namespace syncline::sim
