#include "sim/visitors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "merge/object.h"
#include "node/known_types.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/stored_log.h"
#include "state/generation.h"
#include "store/reads.h"
#include "syncline/crdt/updates.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kMaxVisitAnswers = 60;
// For an answer that had to wait for changes that were not durable at the time of the request.
constexpr std::uint64_t kLongWaitUs = kSecond / 2;

}  // namespace

Visitors::Visitors(World& world, Server& server, const Book& book, std::vector<ObjectName> objects,
                   std::uint64_t every_us)
    : world_(world),
      server_(server),
      book_(book),
      objects_(std::move(objects)),
      user_(world, server, std::string(Rights::kVisitor)),
      dice_(world.dice.fork("visitors")),
      every_us_(every_us > 0 ? every_us : dice_.scale(kSecond, 60 * kSecond)) {}

void Visitors::start() {
  if (!objects_.empty()) ask_later();
}

void Visitors::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    ask();
    if (answers_.size() < kMaxVisitAnswers) ask_later();
  });
}

void Visitors::ask() {
  if (server_.process() == nullptr) return;
  Answer answer{.object = objects_[dice_.below(objects_.size())]};
  if (const auto acked = book_.acked().find(answer.object); acked != book_.acked().end())
    answer.promised = acked->second.inserts;
  auto done = [this, answer, floor = seen_[answer.object], asked_us = world_.now_us(),
               behind = server_.process()->shard_of(answer.object.first).host.busy(),
               past = past_](const ApiUser::Answer& given) mutable {
    if (past != past_ || (!given.ok() && given.code() != "not_found")) return;
    if (behind && world_.now_us() - asked_us > kLongWaitUs) world_.hit(Probe::reply_waited);
    if (const crdt::Any* state = given.json.find("state"); given.ok() && state) {
      answer.position = number_in(given.json, "position");
      answer.content = crdt::to_json(*state);
    }
    check_durable(answer);
    answered(std::move(answer), floor);
  };
  user_.ask("GET", object_target(answer.object.first, answer.object.second), std::move(done));
}

// Nobody may be shown what a crash could take back: when the answer is given, the disk has it.
void Visitors::check_durable(const Answer& answer) {
  const Server::Process* process = server_.process();
  if (process == nullptr) return;
  const auto head = store::read_head(process->store->tables(), answer.object.first);
  if (head && answer.position > head->last_position)
    world_.violated(std::string(kReads),
                    fmt::format("{} is shown at {}, and the log on the disk ends at {}",
                                shown(answer.object), answer.position, head->last_position));
}

void Visitors::answered(Answer answer, log::Position floor) {
  world_.trace.note(Kind::kCheck, "visitor", answer.position, answer.content.size(), [&] {
    return fmt::format("sees {} at {}", shown(answer.object), answer.position);
  });
  world_.hit(Probe::visited);
  if (answer.position < floor)
    return world_.violated(std::string(kReads),
                           fmt::format("{} is shown at {} to who asked after another saw it at {}",
                                       shown(answer.object), answer.position, floor));
  log::Position& seen = seen_[answer.object];
  seen = std::max(seen, answer.position);
  answers_.push_back(std::move(answer));
}

void Visitors::rolled_back() {
  ++past_;
  answers_.clear();
  seen_.clear();
}

void Visitors::check(const store::Tables& tables) {
  std::map<ObjectName, std::vector<const Answer*>> by_object;
  for (const Answer& answer : answers_) by_object[answer.object].push_back(&answer);
  for (auto& [name, answers] : by_object) {
    std::ranges::stable_sort(answers, {}, &Answer::position);
    check_object(name, answers, tables);
  }
}

void Visitors::check_object(const ObjectName& name, const std::vector<const Answer*>& answers,
                            const store::Tables& tables) {
  const auto events = read_log(tables, name.first);
  if (!events) return;  // another oracle reports this
  const bool ambiguous = is_ambiguous(name, *events);
  std::unique_ptr<merge::Object> model;
  std::uint64_t generation = 0;
  crdt::IdSet logged;
  log::Position position = 0;
  auto event = events->begin();
  for (const Answer* answer : answers) {
    for (; event != events->end() && event->position <= answer->position; ++event) {
      if (event->object != name.second) continue;
      position = event->position;
      if (state::enter_generation(node::known_types(), *event, model, generation))
        static_cast<void>(model->apply(event->intent));
      if (auto meta = crdt::update_meta(event->intent, crdt::UpdateVersion::kV1))
        logged.add(meta->inserts);
    }
    if (position != answer->position)
      return world_.violated(std::string(kReads),
                             fmt::format("{} was shown at {}, which is no event of it", shown(name),
                                         answer->position));
    if (position > 0 && !ambiguous && !same_json(answer->content, model->to_json()) &&
        !is_confused(world_, name, *events, position))
      return world_.violated(
          std::string(kPosition),
          fmt::format("{} at {} is not what the log up to there gives", shown(name), position));
    crdt::IdSet lacking = answer->promised;
    lacking.remove(logged);
    if (!lacking.empty())
      return world_.violated(
          std::string(kReads),
          fmt::format("{} at {} lacks what was acknowledged before it was asked for", shown(name),
                      position));
  }
}

}  // namespace syncline::sim
