// Whole runs of the simulated world.
#include "sim/run.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace syncline::sim {
namespace {

// Short worlds of several kinds; ctest runs many more through the command line.
TEST(Run, TheSameSeedIsTheSameRunAndSeedsDiffer) {
  std::set<std::uint64_t> hashes;
  for (const std::uint64_t seed : {3, 4, 5, 12}) {
    const RunResult once = run(draw_plan(seed), {});
    const RunResult again = run(draw_plan(seed), {.recording = true});
    EXPECT_FALSE(once.violation) << "seed " << seed << ": " << once.violation->invariant << ": "
                                 << once.violation->what;
    EXPECT_EQ(once.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(once.events, again.events) << "seed " << seed;
    EXPECT_FALSE(again.trace.empty());
    hashes.insert(once.hash);
  }
  EXPECT_EQ(hashes.size(), 4U);
}

// Each of these worlds has found a mistake: two who put the same bytes at the same moment, a stream that is begun again while
// somebody waits for the old one, and a change that is stored while its workspace is left.
TEST(Run, WorldsWithFilesStreamsAndStragglersHold) {
  for (const std::uint64_t seed : {490, 308, 139}) {
    const RunResult result = run(draw_plan(seed), {});
    EXPECT_FALSE(result.violation)
        << "seed " << seed << ": " << result.violation->invariant << ": " << result.violation->what;
    EXPECT_GT(result.probes[Probe::file_put] + result.probes[Probe::stream_made] +
                  result.probes[Probe::straggler_came],
              0U);
  }
}

}  // namespace
}  // namespace syncline::sim
