// The bugs of base/mutation.h, switched on one after the other: each must be found by the seed that
// mutants.txt names. scripts/mutants.sh searches with all seeds, and writes that file. A seed of 0 says openly that none
// is known. Empty in builds without mutations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/mutation.h"
#include "sim/invariants.h"
#include "sim/run.h"

namespace syncline::sim {
namespace {

#ifdef SYNCLINE_MUTATIONS

struct Recorded {
  std::uint64_t seed = 0;
  std::string invariant;
};

std::map<std::string, Recorded, std::less<>> recorded() {
  std::map<std::string, Recorded, std::less<>> all;
  std::ifstream file(SYNCLINE_SOURCE_DIR "/tests/sim/mutants.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream in(line);
    std::string name;
    Recorded entry;
    in >> name >> entry.seed >> std::ws;
    std::getline(in, entry.invariant);
    all[name] = entry;
  }
  return all;
}

class Mutants : public ::testing::TestWithParam<std::size_t> {
 protected:
  void TearDown() override { active_mutation.reset(); }
};

TEST_P(Mutants, IsFoundByItsSeed) {
  static const auto all = recorded();
  const std::string_view name = kMutationNames[GetParam()];
  const auto found = all.find(name);
  ASSERT_NE(found, all.end()) << name << " is not in mutants.txt: scripts/mutants.sh --record "
                              << name;
  if (found->second.seed == 0) GTEST_SKIP() << name << ": " << found->second.invariant;
  active_mutation = static_cast<Mutation>(GetParam());
  mutation_count = 0;
  const Plan plan = draw_plan(found->second.seed);
  // Some mistakes break memory before an oracle sees them: these runs need a process of their own.
  if (found->second.invariant.starts_with(kNoCrash)) {
    EXPECT_DEATH(
        {
          if (run(plan, {}).violation) std::abort();
        },
        "");
    return;
  }
  const RunResult result = run(plan, {});
  EXPECT_TRUE(result.violation) << name << " is not found by seed " << found->second.seed
                                << " any more: scripts/mutants.sh --record " << name;
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, ::testing::Range<std::size_t>(0, kMutationNames.size()),
                         [](const auto& mutation) {
                           return std::string(kMutationNames[mutation.param]);
                         });

#endif

}  // namespace
}  // namespace syncline::sim
