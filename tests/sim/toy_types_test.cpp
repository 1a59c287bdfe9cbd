// Objects of other types than documents in the simulated world: nothing in the server's way from the door to the log
// and back may depend on the type.
#include <gtest/gtest.h>

#include "merge/object.h"
#include "sim/run.h"
#include "sim/toy_guests.h"
#include "state/rules_object.h"

namespace syncline::sim {
namespace {

const merge::TypeRegistry& types_with_toys() {
  static const merge::TypeRegistry types{&merge::doc_type(), &state::rules_type(),
                                         &test::toy_list(), &test::toy_register()};
  return types;
}

TEST(ToyTypes, KeepTheirPromisesWhileTheWorldBreaks) {
  ToyCounts counts;
  const Party party{types_with_toys(), [&](World& world, Server& server) {
                      return std::make_unique<ToyGuests>(world, server, counts);
                    }};
  for (const std::uint64_t seed : {2, 3, 4, 7, 10, 12, 13, 16}) {
    const RunResult result = run(draw_plan(seed), {.party = &party});
    ASSERT_FALSE(result.violation)
        << "seed " << seed << ": " << result.violation->invariant << ": " << result.violation->what;
  }
  EXPECT_GT(counts.acked, 1000u);
  EXPECT_GT(counts.refused, 50u);
  EXPECT_GT(counts.told, 2000u);
  EXPECT_GT(counts.attached, 100u) << "nobody came back";
}

}  // namespace
}  // namespace syncline::sim
