// What the server keeps is for its owner alone, whatever umask it was started with.
#include "backend/store/private_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "store_test_dir.h"

namespace syncline::backend {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

void make_file(const std::string& path, mode_t mode) {
  std::ofstream(path) << "content";
  ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path;
}

class PrivateFiles : public ::testing::Test {
 protected:
  PrivateFiles() { fs::create_directories(dir_.path()); }
  ~PrivateFiles() override { ::umask(before_); }

  std::string in(const std::string& name) const { return dir_.path() + "/" + name; }

  testing::TempDir dir_;
  const mode_t before_ = ::umask(0);
};

TEST_F(PrivateFiles, ADirectoryIsCreatedForItsOwnerAlone) {
  ::chmod(dir_.path().c_str(), 0755);
  ASSERT_TRUE(create_private_directory(in("a/b/c/")));
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(in(made)), 0700u) << made;
  EXPECT_EQ(mode_of(dir_.path()), 0755u) << "what exists is not changed";
  EXPECT_TRUE(create_private_directory(in("a/b")));
  make_file(in("file"), 0600);
  EXPECT_EQ(create_private_directory(in("file")).error().code, ErrorCode::kIo);
  EXPECT_EQ(create_private_directory(in("file/below")).error().code, ErrorCode::kIo);
}

TEST_F(PrivateFiles, AnOldDataDirectoryIsTightenedAndNothingElse) {
  for (const char* made :
       {"log", "keys", "imports", "log.damaged-1", "snapshots", "snapshots.damaged-1", "mine"}) {
    fs::create_directories(in(made));
    ::chmod(in(made).c_str(), 0755);
  }
  ::chmod(dir_.path().c_str(), 0755);
  for (const char* file : {"LOCK", "log/1.sst", "keys/public", "imports/w.part", "log.damaged-1/x",
                           "snapshots/a", "snapshots.damaged-1/a"})
    make_file(in(file), 0644);
  for (const char* file : {"notes", "mine/x"}) make_file(in(file), 0644);
  make_file(in("log/2.sst"), 0600);
  fs::create_symlink(in("notes"), in("log/link"));

  const MadePrivate made = make_private(dir_.path());
  EXPECT_EQ(made.changed, 14u);
  EXPECT_EQ(made.failed, 0u);
  EXPECT_EQ(mode_of(dir_.path()), 0700u);
  for (const char* directory :
       {"log", "keys", "imports", "log.damaged-1", "snapshots", "snapshots.damaged-1"})
    EXPECT_EQ(mode_of(in(directory)), 0700u) << directory;
  for (const char* file : {"LOCK", "log/1.sst", "keys/public", "imports/w.part", "log.damaged-1/x",
                           "snapshots/a", "snapshots.damaged-1/a"})
    EXPECT_EQ(mode_of(in(file)), 0600u) << file;
  for (const char* file : {"notes", "mine/x"}) EXPECT_EQ(mode_of(in(file)), 0644u) << file;
  EXPECT_EQ(make_private(dir_.path()).changed, 0u);
}

TEST_F(PrivateFiles, AStoreIsPrivateFromItsFirstMoment) {
  const std::string dir = in("data");
  EXPECT_EQ(testing::open_store(dir)->made_private().changed, 0u);
  for (const char* made : {"", "/log"}) EXPECT_EQ(mode_of(dir + made), 0700u) << made;
  EXPECT_EQ(mode_of(dir + "/LOCK"), 0600u);
}

TEST_F(PrivateFiles, OpeningAStoreTightensAnOldOne) {
  const std::string dir = in("data");
  testing::open_store(dir);
  ::chmod(dir.c_str(), 0755);
  ::chmod((dir + "/LOCK").c_str(), 0644);
  EXPECT_GE(testing::open_store(dir)->made_private().changed, 2u);
  EXPECT_EQ(mode_of(dir), 0700u);
  EXPECT_EQ(mode_of(dir + "/LOCK"), 0600u);
}

}  // namespace
}  // namespace syncline::backend
