#include "backend/process/memory_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "support/sanitized.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kWatchedMiB = std::size_t{1} << 20;

// Takes so much memory in small blocks and frees it, but not the last block, so that it stays with the
// allocator.
std::unique_ptr<char[]> leave_free_blocks(std::size_t bytes) {
  constexpr std::size_t kBlock = 20'000;
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t taken = 0; taken < bytes; taken += kBlock) {
    blocks.push_back(std::make_unique<char[]>(kBlock));
    std::memset(blocks.back().get(), 1, kBlock);
  }
  return std::move(blocks.back());
}

TEST(MemoryWatch, WhatTheAllocatorKeepsIsReturned) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  const auto last = leave_free_blocks(200 * kWatchedMiB);
  const std::uint64_t before = resident_memory_bytes();
  ASSERT_GT(kept_memory_bytes(before), 150 * kWatchedMiB);
  MemoryBudget budget(4096 * kWatchedMiB, 1);
  const MemoryWatch watch(budget, nullptr);
  for (int i = 0; i < 100 && resident_memory_bytes() > before - 150 * kWatchedMiB; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(resident_memory_bytes(), before - 150 * kWatchedMiB);
  EXPECT_FALSE(budget.tight());
}

}  // namespace
}  // namespace syncline::backend
