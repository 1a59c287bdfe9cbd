#include "workspace/outbox.h"

#include <gtest/gtest.h>

#include <vector>

namespace syncline::workspace {
namespace {

TEST(Outbox, LetsOutAtOnceWhatIsDurable) {
  Outbox outbox;
  outbox.restart(5);
  int let_out = 0;
  outbox.push(5, [&](const Error* lost) { let_out += lost == nullptr; });
  EXPECT_EQ(let_out, 1);
}

TEST(Outbox, KeepsOrderAlsoForWhatIsDurableAlready) {
  Outbox outbox;
  std::vector<int> order;
  outbox.push(1, [&](const Error*) { order.push_back(1); });
  outbox.push(0, [&](const Error*) { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  outbox.release(1);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Outbox, ReleasesNoFurtherThanThePosition) {
  Outbox outbox;
  std::vector<int> order;
  outbox.push(1, [&](const Error*) { order.push_back(1); });
  outbox.push(2, [&](const Error*) { order.push_back(2); });
  outbox.release(1);
  EXPECT_EQ(order, (std::vector<int>{1}));
  EXPECT_EQ(outbox.size(), 1u);
}

TEST(Outbox, ARunEndsBeforeAnotherItemAndAtTheEndOfARelease) {
  std::vector<int> order;
  Outbox outbox([&] { order.push_back(0); });
  outbox.push_to_run(1, [&](const Error*) { order.push_back(1); });
  outbox.push_to_run(2, [&](const Error*) { order.push_back(2); });
  outbox.push(2, [&](const Error*) { order.push_back(3); });
  outbox.push_to_run(3, [&](const Error*) { order.push_back(4); });
  outbox.push_to_run(4, [&](const Error*) { order.push_back(5); });
  outbox.release(3);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 0, 3, 4, 0}));
  outbox.release(4);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 0, 3, 4, 0, 5, 0}));
}

TEST(Outbox, ReleasesNothingWhileItIsHeld) {
  std::vector<int> order;
  Outbox outbox([&] { order.push_back(0); });
  outbox.push(1, [&](const Error*) {
    order.push_back(1);
    outbox.hold();
  });
  outbox.push_to_run(2, [&](const Error*) { order.push_back(2); });
  outbox.release(2);
  EXPECT_FALSE(outbox.is_free(1));
  outbox.push(1, [&](const Error*) { order.push_back(3); });
  EXPECT_EQ(order, (std::vector<int>{1}));
  outbox.resume();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 0, 3}));
  EXPECT_TRUE(outbox.is_free(2));
  outbox.hold();
  outbox.push(1, [&](const Error* lost) { order.push_back(lost == nullptr ? 4 : 5); });
  outbox.lose({ErrorCode::kUnavailable, "disk full"});
  EXPECT_EQ(order.back(), 5);
  EXPECT_FALSE(outbox.held());
}

TEST(Outbox, WhatIsLostIsTold) {
  Outbox outbox;
  std::string why;
  outbox.push(1, [&](const Error* lost) { why = lost != nullptr ? lost->message : ""; });
  outbox.lose({ErrorCode::kUnavailable, "disk full"});
  EXPECT_EQ(why, "disk full");
  EXPECT_EQ(outbox.size(), 0u);
}

TEST(Outbox, AnItemMayPushMore) {
  Outbox outbox;
  std::vector<int> order;
  outbox.push(1, [&](const Error*) {
    order.push_back(1);
    outbox.push(2, [&](const Error*) { order.push_back(2); });
  });
  outbox.release(1);
  EXPECT_EQ(order, (std::vector<int>{1}));
  outbox.release(2);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace syncline::workspace
