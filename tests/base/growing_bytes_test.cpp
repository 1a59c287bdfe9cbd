#include "base/growing_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace syncline {
namespace {

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
  moved.append(Bytes(2, 4));
  moved.clear();
  EXPECT_EQ(moved.capacity(), 0u);
  EXPECT_TRUE(moved.empty());
}

}  // namespace
}  // namespace syncline
