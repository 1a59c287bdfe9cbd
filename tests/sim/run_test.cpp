// Whole runs of the simulated world.
#include "sim/run.h"

#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

// What every build checks a few of; ctest runs many more through the command line.
TEST(Run, TheSameSeedIsTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Plan plan = draw_plan(seed);
    const RunResult once = run(plan, {});
    const RunResult again = run(draw_plan(seed), {.recording = true});
    EXPECT_FALSE(once.violation) << "seed " << seed << ": " << once.violation->invariant << ": "
                                 << once.violation->what;
    EXPECT_EQ(once.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(once.events, again.events) << "seed " << seed;
    EXPECT_FALSE(again.trace.empty());
  }
}

TEST(Run, SeedsDiffer) {
  EXPECT_NE(run(draw_plan(1), {}).hash, run(draw_plan(2), {}).hash);
}

}  // namespace
}  // namespace syncline::sim
