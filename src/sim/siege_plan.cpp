#include "sim/siege_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sim/invariants.h"
#include "sim/rights.h"

namespace syncline::sim {
namespace {

// A quiet client with an object of its own. Nothing fails in such a run.
void add_quiet_client(Plan& plan, Dice& dice) {
  plan.faults.clear();
  plan.vandals.clear();
  plan.network.latency_us = std::min<std::uint64_t>(plan.network.latency_us, 30'000);
  plan.network.jitter_us = std::min<std::uint64_t>(plan.network.jitter_us, 30'000);
  plan.network.bytes_per_ms = std::max<std::uint64_t>(plan.network.bytes_per_ms, 2'000);
  ClientSettings client;
  client.number = plan.clients.size();
  client.echoes_presence = true;
  client.workspace = plan.clients.front().workspace;
  client.objects = {"notes/quiet"};
  client.token = Rights::token_of(client.number);
  client.habit = Habit::kTyping;
  client.edit_every_us = dice.scale(kSecond, 4 * kSecond);
  client.max_edits = 40;
  plan.siege.quiet = plan.clients.size();
  plan.clients.push_back(std::move(client));
}

void add_hostiles(Plan& plan, HostileSettings::Kind kind, Dice& dice) {
  using enum HostileSettings::Kind;
  HostileSettings hostile{
      .kind = kind, .workspace = plan.clients.front().workspace, .object = "junk"};
  std::uint64_t count = 1;
  switch (kind) {
    case kFlood: {
      limits::Rates& rates = plan.server.rates;
      rates.set(limits::Work::kMessages, dice.scale(20, 60));
      rates.network_factor = rates.principal_factor = 2;
      count = dice.between(4, 6);
      hostile.address = "198.51.100.7:4711";
      hostile.every_us = 100'000;
      hostile.most = rates.of_connection(limits::Work::kMessages).per_second * 4 / 10;
      hostile.in_all = 40;
      break;
    }
    case kWaiting:
      count = dice.between(1, 2);
      hostile.every_us = dice.scale(20'000, 200'000);
      hostile.most = dice.between(2, 10);
      hostile.in_all = 330;
      break;
    case kPresence:
      count = dice.between(2, 4);
      hostile.every_us = dice.scale(100'000, 2 * kSecond);
      hostile.most = dice.between(5, 20);
      break;
    case kLarge:
      hostile.every_us = dice.scale(kSecond, 10 * kSecond);
      hostile.most = dice.scale(16'000, 32'000);
      hostile.in_all = 600'000;
      break;
    case kSlowReader:
      count = dice.between(1, 2);
      hostile.every_us = dice.scale(kSecond, 20 * kSecond);
      break;
    case kOpener:
      count = dice.between(1, 3);
      hostile.every_us = dice.scale(200'000, 2 * kSecond);
      break;
    case kAsker:
      count = 2;
      hostile.every_us = dice.scale(kSecond, 10 * kSecond);
      hostile.most = dice.between(4, 30);
      if (dice.chance(0.5)) hostile.object = plan.clients.front().objects.front();
      break;
    case kCount: return;
  }
  // Some floods come from one network, others from one principal in several networks.
  const bool one_principal = kind == kFlood && dice.fork("principal").chance(0.5);
  for (std::uint64_t i = 0; i < count; ++i) {
    hostile.number = plan.clients.size() + plan.vandals.size() + plan.hostiles.size();
    if (one_principal) hostile.address = fmt::format("198.51.100.{}:4711", 7 + i);
    if (one_principal && i > 0) hostile.in_all = 0;  // events are made in the name of its own token
    if (!one_principal || i == 0) hostile.token = Rights::token_of(hostile.number);
    plan.hostiles.push_back(hostile);
  }
}

void draw_freezes(Plan& plan, Dice dice) {
  const bool clocks_jump = std::ranges::any_of(
      plan.faults, [](const Fault& each) { return family_of(each.kind) == Family::kClock; });
  if (clocks_jump) return;
  for (std::uint64_t count = dice.between(2, 6); count > 0; --count)
    plan.siege.freezes.push_back(
        {dice.below(plan.phase_one_us), dice.scale(kSecond, 20 * kSecond), 0});
}

}  // namespace

void draw_siege(Plan& plan, Dice dice) {
  if (plan.corner != Corner::kNone || !dice.chance(0.35)) return;
  plan.siege.on = true;
  plan.phase_one_us = std::min(plan.phase_one_us, 150 * kSecond);
  std::erase_if(plan.faults, [&](const Fault& each) { return each.at_us >= plan.phase_one_us; });
  ServerSettings& server = plan.server;
  server.memory_bytes = dice.scale(16'000'000, 64'000'000);
  server.limits.short_queue_bytes = dice.scale(500, 64'000);
  server.limits.join_wait_ms = dice.scale(500, 6'000);
  plan.network.short_queue_limit = server.limits.short_queue_bytes;
  server.presence.connection_clients = dice.between(40, 80);
  server.presence.object_clients = dice.between(64, 100);
  server.presence.object_bytes = dice.scale(30'000, 200'000);
  // The objects of clients are small, and the changes of hostile clients are not.
  server.loop_share.bytes = dice.scale(2'000, 8'000);
  server.loop_share.memory = dice.scale(128'000, 256'000);
  server.loop_share.steps = dice.fork("steps").scale(500, 4'096);
  server.worker_turn_us = dice.scale(1'000, 300'000);
  if (dice.chance(0.5)) add_quiet_client(plan, dice);
  std::vector<HostileSettings::Kind> kinds;
  for (int kind = 0; kind < HostileSettings::kCount; ++kind)
    kinds.push_back(static_cast<HostileSettings::Kind>(kind));
  for (std::uint64_t count = dice.between(2, 3); count > 0; --count) {
    HostileSettings::Kind& kind = dice.pick(kinds);
    add_hostiles(plan, kind, dice);
    std::swap(kind, kinds.back());
    kinds.pop_back();
  }
  constexpr std::array<std::uint64_t, 4> kPercent = {93, 93, 101, 104};
  const auto mean_us = static_cast<double>(dice.scale(8 * kSecond, 40 * kSecond));
  for (std::uint64_t at = dice.wait(mean_us); at < plan.phase_one_us;) {
    plan.siege.memory.push_back(
        {at, dice.scale(kSecond, 10 * kSecond), kPercent[dice.below(kPercent.size())]});
    at += plan.siege.memory.back().duration_us + kSecond + dice.wait(mean_us);
  }
  for (std::uint64_t count = dice.between(1, 4); count > 0; --count)
    plan.siege.stalls.push_back(
        {dice.below(plan.phase_one_us), dice.scale(5 * kSecond, 40 * kSecond), 0});
  draw_freezes(plan, dice.fork("freezes"));
}

std::string describe_siege(const Plan& plan) {
  if (!plan.siege.on) return {};
  std::string text = fmt::format("; hostile clients ({}):", plan.hostiles.size());
  HostileSettings::Kind last = HostileSettings::kCount;
  for (const HostileSettings& hostile : plan.hostiles)
    if (hostile.kind != std::exchange(last, hostile.kind))
      text += fmt::format(" {}", to_string(hostile.kind));
  if (plan.siege.quiet) text += ", nothing fails";
  return text;
}

}  // namespace syncline::sim
