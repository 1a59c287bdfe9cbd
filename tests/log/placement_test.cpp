#include "log/placement.h"

#include <gtest/gtest.h>

namespace syncline::testing {
namespace {

TEST(Placement, OnOneNodeEverythingIsHere) {
  const log::LocalPlacement placement("n1");
  EXPECT_EQ(placement.owner_of("team").value(), (log::Owner{"n1", true, 0}));
  EXPECT_EQ(placement.owner_of("other"), placement.owner_of("team"));
}

}  // namespace
}  // namespace syncline::testing
