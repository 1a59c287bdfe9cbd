// Some of the bugs of base/mutation.h, switched on: the oracles must find each within a few seeds.
// scripts/mutants.sh tries all of them, with more seeds. Empty in builds without mutations.
#include <gtest/gtest.h>

#include "base/mutation.h"
#include "sim/run.h"

namespace syncline::sim {
namespace {

#ifdef SYNCLINE_MUTATIONS

std::string found_by(Mutation mutation, std::uint64_t seeds) {
  active_mutation = mutation;
  mutation_count = 0;
  std::string invariant;
  for (std::uint64_t seed = 1; seed <= seeds && invariant.empty(); ++seed) {
    const RunResult result = run(draw_plan(seed), {});
    if (result.violation) invariant = result.violation->invariant;
  }
  active_mutation.reset();
  return invariant;
}

TEST(Mutants, AreFound) {
  EXPECT_EQ(found_by(Mutation::skip_sync, 20), "I2 acked means durable");
  EXPECT_NE(found_by(Mutation::ack_dropped_update, 20), "");
  // Also what a reader sends, which is known always, is logged then.
  EXPECT_EQ(found_by(Mutation::log_known_change, 20), "I7 rights");
  EXPECT_NE(found_by(Mutation::release_before_commit, 20), "");
}

#endif

}  // namespace
}  // namespace syncline::sim
