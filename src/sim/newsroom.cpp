#include "sim/newsroom.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_log.h"
#include "store/reads.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kReporters = 3;

std::string url_of(std::size_t hook) {
  return fmt::format("https://receiver{}.example/", hook);
}

}  // namespace

Newsroom::Newsroom(World& world, Server& server, NewsroomSettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("newsroom")),
      receivers_(world, server, settings.way_us) {
  server.send_hooks_through(&receivers_);
  const std::string workspace(kWorkspace);
  for (std::size_t i = 0; i < kReporters; ++i)
    reporters_.push_back(std::make_unique<Reporter>(world, server, std::string(Rights::kOperator),
                                                    workspace, fmt::format("desk{}", i),
                                                    settings.write_every_us));
  follow({.name = "a follower of all", .way_us = settings.way_us});
  follow({.name = "a follower of one desk", .prefix = "desk1", .way_us = settings.way_us});
  follow({.name = "a slow follower",
          .content = true,
          .way_us = std::min(settings.way_us * 20, settings.write_every_us / 8)});
  hooks_ = {{.url = url_of(0), .prefix = ""}, {.url = url_of(1), .prefix = "desk1"}};
}

void Newsroom::start() {
  for (const auto& reporter : reporters_) reporter->start();
  for (const auto& follower : followers_) follower->start();
  act_later();
}

void Newsroom::stop() {
  stopped_ = true;
  for (const auto& reporter : reporters_) reporter->stop();
  for (const auto& follower : followers_) follower->stop();
  receivers_.heal();
  // Whoever comes late is told of all that has happened, in many batches.
  follow({.name = "a late follower", .way_us = settings_.way_us});
  followers_.back()->start();
}

void Newsroom::follow(FollowerSettings wish) {
  wish.workspace = kWorkspace;
  wish.stay_us = stopped_ ? 0 : settings_.stay_us;
  followers_.push_back(
      std::make_unique<Follower>(world_, server_, std::string(Rights::kOperator), std::move(wish)));
}

void Newsroom::recovered() {
  request_.forget();
  receivers_.recovered();
  for (const auto& reporter : reporters_) reporter->recovered();
  for (const auto& follower : followers_) follower->recovered();
}

// ---- webhooks

void Newsroom::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.trouble_every_us)), [this] {
    if (stopped_) return;
    act();
    act_later();
  });
}

void Newsroom::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  for (Hook& hook : hooks_)
    if (hook.id.empty()) return find(hook);
  make_trouble();
}

// One that was asked for may have been made, although the answer did not come.
void Newsroom::find(Hook& hook) {
  user_.ask({.target = workspace_target(kWorkspace) + "/webhooks"},
            request_.begin([this, &hook](const ApiUser::Answer& answer) {
              const crdt::Any* list = answer.json.find("webhooks");
              const auto* all =
                  list == nullptr ? nullptr : std::get_if<crdt::Any::Array>(&list->value());
              if (!answer.ok() || all == nullptr) return;
              for (const crdt::Any& each : *all)
                if (text_in(each, "url") == hook.url) return know(hook, each);
              make(hook);
            }));
}

void Newsroom::make(Hook& hook) {
  if (server_.process() == nullptr) return;
  user_.ask({.method = "POST",
             .target = workspace_target(kWorkspace) + "/webhooks",
             .headers = "Content-Type: application/json\r\n",
             .body = fmt::format(R"({{"url":"{}","prefix":"{}"}})", hook.url, hook.prefix)},
            request_.begin([this, &hook](const ApiUser::Answer& answer) {
              if (answer.ok()) know(hook, answer.json);
            }));
}

// It may have been told of earlier events, too, of which nobody knows.
void Newsroom::know(Hook& hook, const crdt::Any& shown) {
  hook.id = text_in(shown, "id");
  hook.from = number_in(shown, "position");
}

void Newsroom::make_trouble() {
  const Hook& hook = dice_.pick(hooks_);
  const bool refuses = dice_.chance(0.7);
  const std::uint64_t for_us = dice_.scale(kSecond / 10, 60 * kSecond);
  receivers_.trouble(hook.url,
                     refuses ? HookReceivers::Trouble::kRefuses : HookReceivers::Trouble::kSilent,
                     for_us);
}

// ---- what everybody must know in the end

std::vector<log::Event> Newsroom::events(const store::Tables& tables) const {
  auto read = read_log(tables, std::string(kWorkspace));
  if (!read) world_.violated(kReads, read.error().message);
  return read ? *std::move(read) : std::vector<log::Event>();
}

std::string Newsroom::who_waits(const std::vector<log::Event>& events) const {
  for (const auto& reporter : reporters_)
    if (std::string why = reporter->why_not(); !why.empty()) return why;
  for (const auto& follower : followers_)
    if (std::string why = follower->why_not(events); !why.empty()) return why;
  for (const Hook& hook : hooks_)
    for (const log::Event& event : events)
      if (!hook.id.empty() && event.position > hook.from && event.object.starts_with(hook.prefix) &&
          !log::is_system_object(event.object) && !receivers_.has(hook.url, event.position))
        return fmt::format("{} was not told of {}: {}", hook.url, event.position, hook.state);
  return {};
}

// What was read before is not read again: this is asked every second.
const std::vector<log::Event>& Newsroom::read_on(const store::Tables& tables) {
  for (;;) {
    auto some = store::read_events(tables, std::string(kWorkspace), read_.size(), {});
    if (!some) world_.violated(kReads, some.error().message);
    if (!some || some->empty()) return read_;
    std::ranges::move(*some, std::back_inserter(read_));
  }
}

std::string Newsroom::why_not() {
  if (server_.process() == nullptr) return "the server is not up";
  std::string why = who_waits(read_on(server_.process()->store->tables()));
  if (why.empty() || request_.under_way()) return why;
  for (Hook& hook : hooks_)
    if (!hook.id.empty()) hurry(hook);
  return why;
}

// Tries what is late.
void Newsroom::hurry(Hook& hook) {
  user_.ask({.method = "POST",
             .target = fmt::format("{}/webhooks/{}/enable", workspace_target(kWorkspace), hook.id)},
            [&hook](const ApiUser::Answer& answer) {
              hook.state =
                  fmt::format("it is at {}, {} {}", number_in(answer.json, "position"),
                              text_in(answer.json, "state"), text_in(answer.json, "reason"));
            });
}

void Newsroom::check(const store::Tables& tables) {
  const std::vector<log::Event> all = events(tables);
  for (const auto& reporter : reporters_) reporter->check(all);
  for (const auto& follower : followers_) follower->check(all);
}

}  // namespace syncline::sim
