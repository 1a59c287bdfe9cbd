#include "identity/seen_ids.h"

#include <gtest/gtest.h>

namespace syncline::identity {
namespace {

TEST(SeenIds, KnowsWhatCameLast) {
  SeenIds seen(2);
  EXPECT_TRUE(seen.add("a"));
  EXPECT_FALSE(seen.add("a"));
  EXPECT_TRUE(seen.add("b"));
  EXPECT_FALSE(seen.add("a"));
  EXPECT_TRUE(seen.add("c"));
  EXPECT_FALSE(seen.add("b"));
  EXPECT_TRUE(seen.add("a")) << "the oldest was forgotten";
}

}  // namespace
}  // namespace syncline::identity
