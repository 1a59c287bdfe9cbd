// World: what every part of a simulated world shares: time, the trace, the probes, and the place
// where a broken invariant is reported. No part uses anything else that is global.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/dice.h"
#include "sim/probes.h"
#include "sim/timeline.h"
#include "sim/trace.h"

namespace syncline::sim {

// A broken invariant, with its name: "I2 acked means durable".
struct Violation {
  std::string invariant;
  std::string what;
};

struct World {
  World(std::uint64_t seed, bool recording) : dice(seed), trace(timeline, recording) {}

  // Reports a broken invariant. Only the first one counts; it ends the run.
  void violated(std::string_view invariant, std::string what) {
    if (violation) return;
    trace.note(Kind::kCheck, "oracle", 1, 0,
               [&] { return fmt::format("{}: {}", invariant, what); });
    violation = Violation{std::string(invariant), std::move(what)};
  }
  std::uint64_t now_us() const { return timeline.now_us(); }
  void hit(Probe probe, std::uint64_t times = 1) { probes.hit(probe, times); }

  // What tasks of the timeline may still use although its owner is gone; destroyed after them.
  std::vector<std::shared_ptr<const void>> kept;
  Timeline timeline;
  Dice dice;  // for forking only, not for drawing
  Probes probes;
  Trace trace;
  std::optional<Violation> violation;
};

}  // namespace syncline::sim
