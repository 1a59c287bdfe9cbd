#include "cli/chaos/chaos_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/invariants.h"

namespace syncline::cli {
namespace {

using sim::Dice;
using sim::Fault;
using sim::FaultKind;

using sim::kSecond;
constexpr std::uint64_t kMeanPauseUs = 800'000;  // between two faults

// How often each kind is drawn before all kinds start again. So each kind occurs within half a
// minute.
struct Dealt {
  FaultKind kind;
  int times;
};
constexpr Dealt kDeck[] = {
    {FaultKind::kKill, 3},          {FaultKind::kCrashInRecovery, 1},
    {FaultKind::kPause, 2},         {FaultKind::kSlowCpu, 1},
    {FaultKind::kDrain, 1},         {FaultKind::kReset, 2},
    {FaultKind::kHalfOpen, 1},      {FaultKind::kReconnectStorm, 1},
    {FaultKind::kLatencySpike, 2},  {FaultKind::kSlowLink, 2},
    {FaultKind::kClog, 1},          {FaultKind::kPartition, 1},
    {FaultKind::kPartitionIn, 1},   {FaultKind::kPartitionOut, 1},
    {FaultKind::kIsolateServer, 1}, {FaultKind::kClientOffline, 2},
    {FaultKind::kClientRestart, 2}, {FaultKind::kClientDoubled, 1},
    {FaultKind::kClientPause, 1},   {FaultKind::kSlowReader, 1},
};

void draw_clients(ChaosPlan& plan, const ChaosSize& size, Dice dice) {
  const std::uint64_t objects = 2 + dice.below(2);
  for (std::size_t number = 0; number < size.clients; ++number) {
    sim::ClientSettings client;
    client.number = number;
    client.hocuspocus = number % 3 == 1;
    client.undoes = dice.chance(0.3);
    client.workspace = "chaos";
    client.objects = {fmt::format("notes/{}", number % objects)};
    if (client.hocuspocus && dice.chance(0.5))
      client.objects.push_back(fmt::format("notes/{}", (number + 1) % objects));
    client.token = sim::kWriterToken;
    client.habit = static_cast<sim::Habit>(number % sim::kHabits);
    client.edit_every_us = dice.scale(20'000, 200'000);
    client.max_edits = UINT64_MAX;
    if (number % 5 == 4) {
      client.online_us = 5 * kSecond;
      client.offline_us = 2 * kSecond;
    }
    plan.world.clients.push_back(std::move(client));
  }
  plan.world.vandals.push_back({.number = size.clients,
                                .hocuspocus = dice.chance(0.5),
                                .workspace = "chaos",
                                .object = "junk",
                                .token = std::string(sim::kWriterToken),
                                .may_write = true,
                                .every_us = kSecond / 2});
  for (std::size_t i = 0; i < size.yjs; ++i)
    plan.yjs.push_back({.number = size.clients + 1 + i,
                        .directory = {},
                        .workspace = "chaos",
                        .object = fmt::format("notes/{}", i % objects),
                        .token = std::string(sim::kWriterToken),
                        .hocuspocus = i % 2 == 1,
                        .stderr_file = {},
                        .habit = i % 2 == 0 ? sim::Habit::kTyping : sim::Habit::kFighting,
                        .edit_every_us = dice.scale(30'000, 200'000)});
}

Fault draw_fault(FaultKind kind, std::uint64_t at_us, std::size_t victims, Dice& dice) {
  Fault fault{.at_us = at_us, .kind = kind, .client = dice.below(victims)};
  fault.duration_us = dice.scale(kSecond / 10, 3 * kSecond);
  fault.amount = dice.scale(2, 200);
  if (kind == FaultKind::kPartition || kind == FaultKind::kPartitionIn ||
      kind == FaultKind::kPartitionOut || kind == FaultKind::kClientOffline)
    fault.duration_us = dice.scale(kSecond / 2, 10 * kSecond);
  if (kind == FaultKind::kSlowLink || kind == FaultKind::kSlowReader)
    fault.duration_us = dice.scale(2 * kSecond, 8 * kSecond);
  return fault;
}

void draw_faults(ChaosPlan& plan, Dice dice) {
  const std::size_t victims = plan.world.clients.size() + 1 + plan.yjs.size();
  std::vector<FaultKind> deck;
  std::uint64_t at = kSecond;
  while ((at += 1 + dice.wait(kMeanPauseUs)) < plan.world.phase_one_us) {
    if (deck.empty())
      for (const Dealt& dealt : kDeck) deck.insert(deck.end(), dealt.times, dealt.kind);
    std::swap(dice.pick(deck), deck.back());
    plan.world.faults.push_back(draw_fault(deck.back(), at, victims, dice));
    deck.pop_back();
  }
}

}  // namespace

ChaosPlan draw_chaos(std::uint64_t seed, const ChaosSize& size) {
  const Dice dice(seed);
  ChaosPlan plan;
  plan.world.seed = seed;
  plan.world.phase_one_us = size.seconds * kSecond;
  draw_clients(plan, size, dice.fork("clients"));
  draw_faults(plan, dice.fork("faults"));
  return plan;
}

std::string describe_real(const Fault& fault) {
  const double seconds = static_cast<double>(fault.duration_us) / 1e6;
  std::string text(sim::to_string(fault.kind));
  if (sim::family_of(fault.kind) == sim::Family::kProcess)
    return text + fmt::format(" of the server ({:.1f} s)", seconds);
  switch (fault.kind) {
    case FaultKind::kReconnectStorm: return text;
    case FaultKind::kIsolateServer: return text + fmt::format(" ({:.1f} s)", seconds);
    case FaultKind::kReset:
    case FaultKind::kHalfOpen: return text + fmt::format(", client {}", fault.client);
    default: return text + fmt::format(", client {} ({:.1f} s)", fault.client, seconds);
  }
}

const std::vector<FaultKind>& chaos_kinds() {
  static const std::vector<FaultKind> kinds = [] {
    std::vector<FaultKind> all;
    for (const Dealt& dealt : kDeck) all.push_back(dealt.kind);
    return all;
  }();
  return kinds;
}

std::string schedule_text(const ChaosPlan& plan) {
  std::string text;
  for (const Fault& fault : plan.world.faults)
    text += fmt::format("  {:8.3f} s  {}\n", static_cast<double>(fault.at_us) / 1e6,
                        describe_real(fault));
  return text;
}

}  // namespace syncline::cli
