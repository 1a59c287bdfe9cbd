#include "base/growing_bytes.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "support/sanitized.h"

namespace syncline {
namespace {

// Pages that this process has touched for the first time.
long faults() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_minflt;
}

TEST(GrowingBytes, HoldsWhatWasAppended) {
  GrowingBytes buffer;
  Bytes expected;
  EXPECT_TRUE(buffer.empty());
  buffer.append({});
  EXPECT_EQ(buffer.capacity(), 0u);
  for (std::size_t size : {1u, 7u, 1000u, 3'000'000u, 0u, 5u}) {
    const Bytes piece(size, static_cast<std::uint8_t>(size + 1));
    buffer.append(piece);
    expected.insert(expected.end(), piece.begin(), piece.end());
    EXPECT_TRUE(std::ranges::equal(buffer.view(), expected)) << size;
  }
}

TEST(GrowingBytes, GrowsByDoublingOrAsItIsTold) {
  GrowingBytes buffer;
  buffer.append(Bytes(100));
  EXPECT_EQ(buffer.capacity(), 100u);
  buffer.append(Bytes(1));
  EXPECT_EQ(buffer.capacity(), 200u);
  buffer.reserve(300);
  EXPECT_EQ(buffer.capacity(), 300u);
  buffer.reserve(10);
  EXPECT_EQ(buffer.capacity(), 300u);
  EXPECT_EQ(buffer.size(), 101u);
}

TEST(GrowingBytes, GivesMemoryBack) {
  GrowingBytes buffer;
  buffer.append(Bytes(1000, 3));
  buffer.truncate(10);
  EXPECT_EQ(buffer.capacity(), 10u);
  EXPECT_TRUE(std::ranges::equal(buffer.view(), Bytes(10, 3)));
  GrowingBytes moved = std::move(buffer);
  EXPECT_EQ(moved.size(), 10u);
  EXPECT_TRUE(buffer.empty());
  moved.truncate(0);
  EXPECT_EQ(moved.capacity(), 0u);
  moved.reserve(10);
  moved.truncate(5);
  EXPECT_EQ(moved.capacity(), 0u) << "it has nothing";
  moved.append(Bytes(2, 4));
  moved.clear();
  EXPECT_EQ(moved.capacity(), 0u);
  EXPECT_TRUE(moved.empty());
}

// Whatever arrives piece by piece: the memory grows in few steps, and is at most twice what is there.
TEST(GrowingBytes, GrowsInFewStepsAndNotFarAhead) {
  GrowingBytes buffer;
  const Bytes piece(700, 1);
  std::size_t steps = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t before = buffer.capacity();
    buffer.append(piece);
    steps += buffer.capacity() == before ? 0 : 1;
    ASSERT_LE(buffer.capacity(), 2 * buffer.size());
  }
  EXPECT_LE(steps, 15u);
}

// A copy of 64 MiB touches 16,384 new pages. A block that is mapped elsewhere has its pages already.
TEST(GrowingBytes, ALargeBlockGrowsWithoutBeingCopied) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  constexpr std::size_t kLarge = std::size_t{64} << 20;
  GrowingBytes buffer;
  buffer.append(Bytes(kLarge, 7));
  const long before = faults();
  buffer.reserve(4 * kLarge);
  EXPECT_LT(faults() - before, 1'000);
  EXPECT_EQ(buffer.view().back(), 7);
}

}  // namespace
}  // namespace syncline
