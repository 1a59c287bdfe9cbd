// Folders for temporary files: gone with whoever uses them, also if he is killed.
#include "backend/foreign/scratch_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

std::size_t folders_in(const fs::path& parent) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(parent), fs::directory_iterator()));
}

void make_old(const fs::path& path) {
  const timespec long_ago[2] = {{.tv_sec = 1'000'000, .tv_nsec = 0},
                                {.tv_sec = 1'000'000, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), long_ago, 0), 0);
}

TEST(ScratchFolder, WhatAKilledProcessHasLeftIsRemovedByTheNextOne) {
  const fs::path parent = fs::path(::testing::TempDir()) / "scratch_folder_test";
  fs::remove_all(parent);
  fs::create_directories(parent);
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", parent.c_str(), 1);
  {
    const auto used = ScratchFolder::make();
    ASSERT_TRUE(used) << used.error().message;
    make_old(used->path());
    // Nobody holds these: an old one, a new one, and one that is called something else.
    for (const char* name : {"syncline-import-old", "syncline-import-new", "other"}) {
      fs::create_directories(parent / name / "inside");
    }
    make_old(parent / "syncline-import-old");
    make_old(parent / "other");
    const auto next = ScratchFolder::make();
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_TRUE(fs::exists(used->path())) << "it is in use";
    EXPECT_FALSE(fs::exists(parent / "syncline-import-old"));
    EXPECT_TRUE(fs::exists(parent / "syncline-import-new")) << "its maker may not have locked it";
    EXPECT_TRUE(fs::exists(parent / "other"));
  }
  EXPECT_EQ(folders_in(parent), 2u);
  kept.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  fs::remove_all(parent);
}

}  // namespace
}  // namespace syncline::backend
