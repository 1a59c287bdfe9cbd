#include "session/refusals.h"

#include <gtest/gtest.h>

namespace syncline::session {
namespace {

TEST(Refusals, TheFirstIsAnsweredAtOnceAndEveryNextOneLater) {
  Refusals refusals;
  std::uint64_t now = 1;
  for (const std::uint64_t wait : {0, 1000, 2000, 4000, 8000, 16'000, 20'000, 20'000}) {
    EXPECT_EQ(refusals.note(7, now), wait);
    now += wait + 100;
  }
}

TEST(Refusals, WaitsAreBoundedHoweverOften) {
  Refusals refusals;
  for (int i = 0; i < 1000; ++i)
    EXPECT_LE(refusals.note(7, static_cast<std::uint64_t>(i)), Refusals::kMaxWaitMs);
}

TEST(Refusals, ClientsDoNotWaitForOneAnother) {
  Refusals refusals;
  refusals.note(7, 1);
  refusals.note(7, 2);
  EXPECT_EQ(refusals.note(8, 3), 0u);
  EXPECT_EQ(refusals.note(7, 4), 2000u);
}

TEST(Refusals, AreForgottenInTime) {
  Refusals refusals;
  refusals.note(7, 1);
  refusals.note(7, 2);
  EXPECT_EQ(refusals.note(7, 2 + Refusals::kForgetMs), 0u);
}

TEST(Refusals, AFullTableForgetsAndNeverGrows) {
  Refusals refusals(4);
  refusals.note(1, 1);
  refusals.note(5, 1);  // takes the place of 1
  EXPECT_EQ(refusals.note(1, 1), 0u);
  EXPECT_EQ(refusals.note(5, 1), 0u);
}

}  // namespace
}  // namespace syncline::session
