// Space that is kept for a full disk: released in time, remembered, taken again.
#include "backend/store/disk_reserve.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace syncline::backend::store {
namespace {

namespace fs = std::filesystem;
using Room = DiskReserve::Room;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kMinFree = 64 * kMiB;
constexpr std::uint64_t kReserve = 8 * kMiB;

// A disk whose free space is what the test says, less what the reserve occupies.
class DiskReserveTest : public ::testing::Test {
 protected:
  DiskReserveTest() { fs::create_directories(dir_.path()); }

  std::uint64_t held() const { return fs::is_regular_file(path_) ? fs::file_size(path_) : 0; }
  DiskReserve open(std::uint64_t bytes = kReserve) {
    return DiskReserve(dir_.path(), kMinFree, bytes,
                       [this]() -> std::optional<std::uint64_t> { return space_ - held(); });
  }

  testing::TempDir dir_;
  const std::string path_ = dir_.path() + "/reserve";
  std::uint64_t space_ = 1024 * kMiB;  // with the reserve
};

TEST_F(DiskReserveTest, IsTakenWhileThereIsSpaceAndReleasedWhenThereIsNone) {
  DiskReserve reserve = open();
  EXPECT_EQ(held(), kReserve);
  struct stat file {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_GE(static_cast<std::uint64_t>(file.st_blocks) * 512, kReserve) << "its blocks are real";
  EXPECT_EQ(reserve.look(), Room::kAll);

  space_ = kMinFree + kReserve - 1;
  EXPECT_EQ(reserve.look(), Room::kCleaning);
  EXPECT_FALSE(reserve.accepts_all());
  EXPECT_EQ(held(), 0u);
  EXPECT_TRUE(fs::exists(path_)) << "it says that the reserve is in use";

  space_ = kMinFree + kReserve - 1;
  EXPECT_EQ(reserve.look(), Room::kCleaning) << "more than the minimum, less than with the reserve";
  space_ = reserve.enough_bytes();
  EXPECT_EQ(space_, kMinFree + kReserve);
  EXPECT_EQ(reserve.look(), Room::kAll);
  EXPECT_EQ(held(), kReserve);
  EXPECT_TRUE(reserve.accepts_all());
}

TEST_F(DiskReserveTest, ARestartDoesNotSpendTheReserveOnAppends) {
  open();
  space_ = kMinFree + kReserve - 1;
  for (int start = 0; start < 3; ++start) {
    DiskReserve reserve = open();
    EXPECT_FALSE(reserve.accepts_all());
    EXPECT_EQ(reserve.look(), Room::kCleaning);
  }
  space_ = 1024 * kMiB;
  EXPECT_TRUE(open().accepts_all());
  EXPECT_EQ(held(), kReserve);
}

TEST_F(DiskReserveTest, NearTheEndNotEvenCleaningIsPossible) {
  DiskReserve reserve = open();
  space_ = kReserve;
  EXPECT_EQ(reserve.look(), Room::kNone);
  space_ = 16 * kMiB;
  EXPECT_EQ(reserve.look(), Room::kCleaning);
}

TEST_F(DiskReserveTest, SaysWhatMayBeWrittenAfterSoMuchMore) {
  DiskReserve reserve = open();
  space_ = kMinFree + 10 * kMiB + kReserve;
  EXPECT_EQ(reserve.room_after(10 * kMiB), Room::kAll);
  EXPECT_EQ(reserve.room_after(10 * kMiB + 1), Room::kCleaning);
  EXPECT_EQ(reserve.room_after(kMinFree), Room::kNone);
  EXPECT_EQ(reserve.room_after(~std::uint64_t{0}), Room::kNone);
  EXPECT_TRUE(reserve.accepts_all()) << "asking changes nothing";
  EXPECT_EQ(held(), kReserve);
}

TEST_F(DiskReserveTest, ASmallDiskWorksWithoutAReserve) {
  space_ = kMinFree + 1;
  DiskReserve reserve = open();
  EXPECT_EQ(reserve.look(), Room::kAll);
  EXPECT_EQ(held(), 0u);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DiskReserveTest, AWriteThatFailsForSpaceReleasesIt) {
  DiskReserve reserve = open();
  reserve.ran_out();
  EXPECT_EQ(held(), 0u);
  EXPECT_FALSE(reserve.accepts_all());
  EXPECT_EQ(reserve.look(), Room::kAll) << "there was space after all";
}

TEST_F(DiskReserveTest, ItsSizeFollowsTheOption) {
  open(2 * kReserve);
  EXPECT_EQ(held(), 2 * kReserve);
  EXPECT_TRUE(open(kReserve).accepts_all());
  open(3 * kReserve);
  EXPECT_EQ(held(), 3 * kReserve);
  open(0);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DiskReserveTest, WhatCannotBeReservedIsTriedOnce) {
  fs::create_directory(path_);  // not a file
  DiskReserve reserve = open();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reserve.look(), Room::kAll);
}

}  // namespace
}  // namespace syncline::backend::store
