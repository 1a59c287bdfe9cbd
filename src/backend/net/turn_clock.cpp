#include "backend/net/turn_clock.h"

#include <x86intrin.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace syncline::backend {
namespace {

using TickClock = observe::TurnMeter::Clock;

std::uint64_t monotonic_ns() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

std::uint64_t counter() {
  return __rdtsc();
}

bool kernel_trusts_counter() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string source;
  return file >> source && source == "tsc";
}

// Both clocks at the same moment. The thread may be interrupted between the two, so this takes the
// closest of several pairs.
struct Moment {
  std::uint64_t ns = 0;
  std::uint64_t ticks = 0;
};

Moment both_clocks() {
  Moment closest;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < 16; ++i) {
    const std::uint64_t before = counter();
    const std::uint64_t ns = monotonic_ns();
    const std::uint64_t after = counter();
    if (after - before >= least) continue;
    least = after - before;
    closest = {ns, before};
  }
  return closest;
}

TickClock choose() {
  if (!kernel_trusts_counter()) return {monotonic_ns};
  constexpr std::uint64_t kMeasureNs = 1'000'000;
  const Moment begin = both_clocks();
  while (monotonic_ns() - begin.ns < kMeasureNs) continue;
  const Moment end = both_clocks();
  return {counter,
          static_cast<double>(end.ns - begin.ns) / static_cast<double>(end.ticks - begin.ticks)};
}

}  // namespace

TickClock turn_clock() {
  static const TickClock chosen = choose();
  return chosen;
}

}  // namespace syncline::backend
