#include "migrate/file_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

namespace syncline::migrate {
namespace {

TEST(FileNames, AreReadable) {
  EXPECT_EQ(file_of_object("notes/plan"), "notes/plan.yjs");
  EXPECT_EQ(file_of_object("a/b: c?"), "a/b%3A c%3F.yjs");
  EXPECT_EQ(file_of_object("Über/日本"), "Über/日本.yjs");
  EXPECT_EQ(file_of_object(".hidden/x."), "%2Ehidden/x%2E.yjs");
  EXPECT_EQ(file_of_object("/a//b/"), "%00/a/%00/b/%00.yjs");
  EXPECT_EQ(file_of_object("50%"), "50%25.yjs");
}

TEST(FileNames, ALongSegmentIsCut) {
  const std::string path = file_of_object(std::string(450, 'x'));
  EXPECT_EQ(path, std::string(200, 'x') + "%/" + std::string(200, 'x') + "%/" +
                      std::string(50, 'x') + ".yjs");
  EXPECT_EQ(object_of_file(path), std::string(450, 'x'));
}

TEST(FileNames, EveryNameIsFoundAgain) {
  std::mt19937 dice(1);
  std::set<std::string> paths;
  std::set<std::string> names;
  constexpr std::string_view kBytes = "ab/.% :~?*\\\"é";
  for (int i = 0; i < 20'000; ++i) {
    std::string name;
    for (std::size_t length = 1 + dice() % 12; name.size() < length;)
      name += kBytes[dice() % kBytes.size()];
    if (i % 100 == 0) name += std::string(dice() % 700, i % 200 == 0 ? ' ' : '.');
    const std::string path = file_of_object(name);
    EXPECT_EQ(object_of_file(path), name) << path;
    EXPECT_EQ(names.insert(name).second, paths.insert(path).second) << name;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      ASSERT_GT(end, at) << path;
      ASSERT_LE(end - at, 255u) << path;
      EXPECT_NE(path[at], '.') << path;
      at = end + 1;
    }
  }
}

TEST(FileNames, FilesOfOtherProgramsKeepTheirNames) {
  EXPECT_EQ(object_of_file("notes/plan.bin"), "notes/plan");
  EXPECT_EQ(object_of_file("notes/plan.update"), "notes/plan");
  EXPECT_EQ(object_of_file("notes/plan.txt"), "notes/plan.txt");
  EXPECT_EQ(object_of_file("100%.yjs"), "100%");
  EXPECT_EQ(object_of_file("50%zz.yjs"), "50%zz");
  EXPECT_EQ(object_of_file("a%41.yjs"), "a%41") << "an escape that is never written";
  EXPECT_EQ(object_of_file(".yjs"), ".yjs");
}

}  // namespace
}  // namespace syncline::migrate
