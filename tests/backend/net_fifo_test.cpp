#include "backend/net/fifo.h"

#include <gtest/gtest.h>

#include <memory>

namespace syncline::backend {
namespace {

TEST(NetFifo, KeepsTheOrderHoweverManyAreAddedMeanwhile) {
  Fifo<std::unique_ptr<int>, 4> fifo;
  int added = 0;
  int taken = 0;
  for (int round = 1; round <= 200; ++round) {
    for (int i = 0; i < round % 7; ++i) fifo.push(std::make_unique<int>(added++));
    for (int i = 0; i < round % 5 && !fifo.empty(); ++i) {
      EXPECT_EQ(*fifo.front(), taken);
      EXPECT_EQ(*fifo.take(), taken++);
    }
    EXPECT_EQ(fifo.size(), static_cast<std::size_t>(added - taken));
  }
  while (!fifo.empty()) EXPECT_EQ(*fifo.take(), taken++);
  EXPECT_EQ(added, taken);
}

}  // namespace
}  // namespace syncline::backend
