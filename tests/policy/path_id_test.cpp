#include "policy/path_id.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::policy {
namespace {

using merge::Extent;
using merge::Operation;
using merge::Touch;

Touch touch(Operation operation, Extent extent, merge::Path container, std::string key = "") {
  Touch made;
  made.operation = operation;
  made.extent = extent;
  made.container = std::move(container);
  made.key = std::move(key);
  return made;
}

TEST(PathId, IsAJsonPointerWithStarsForSteps) {
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kPlace, {"budget", {}}, "travel")),
            (TouchedPlace{"/budget/travel", false}));
  EXPECT_EQ(place_of(touch(Operation::kInsert, Extent::kPlace, {"content", {}})),
            (TouchedPlace{"/content/*", false}));
  EXPECT_EQ(place_of(touch(Operation::kDeleteKey, Extent::kBelow, {"tasks", {7u, "title"}}, "de")),
            (TouchedPlace{"/tasks/*/title/de", true}));
  // The key of a format is that of an attribute, and no step.
  EXPECT_EQ(place_of(touch(Operation::kFormat, Extent::kPlace, {"content", {}}, "bold")),
            (TouchedPlace{"/content/*", false}));
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kContainer, {"budget", {"travel"}})),
            (TouchedPlace{"/budget/travel", true}));
  EXPECT_EQ(place_of(touch(Operation::kDelete, Extent::kObject, {})), (TouchedPlace{"", true}));
}

TEST(PathId, NamesAreEscaped) {
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kPlace, {"a/b", {"~", "*"}}, "**")).path,
            "/a~1b/~0/~2/**");
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kPlace, {"", {}}, "")).path, "//");
}

TEST(PathId, IsBoundedAndThenCoversWhatIsBelow) {
  merge::Path deep{"root", {}};
  for (int i = 0; i < 256; ++i) deep.steps.emplace_back(std::string(100, 'k'));
  const TouchedPlace place = place_of(touch(Operation::kSetKey, Extent::kPlace, deep, "key"));
  EXPECT_LE(place.path.size(), kMaxPathIdBytes);
  EXPECT_TRUE(place.path.starts_with("/root/kkk"));
  EXPECT_TRUE(place.below);
  const std::string huge(kMaxPathIdBytes, '/');
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kPlace, {huge, {}}, "key")),
            (TouchedPlace{"", true}));
  EXPECT_EQ(place_of(touch(Operation::kSetKey, Extent::kPlace, {"root", {}}, huge)),
            (TouchedPlace{"/root", true}));
}

TEST(PathId, ASideIsSeenFromThePlace) {
  EXPECT_EQ(side_of("", "/a"), Side::kAround);
  EXPECT_EQ(side_of("/a", "/a"), Side::kAround);
  EXPECT_EQ(side_of("/a", "/a/b"), Side::kAround);
  EXPECT_EQ(side_of("/a/b", "/a"), Side::kBelow);
  EXPECT_EQ(side_of("/a", ""), Side::kBelow);
  EXPECT_EQ(side_of("/ab", "/a"), Side::kApart);
  EXPECT_EQ(side_of("/a", "/ab"), Side::kApart);
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "");
  EXPECT_EQ(parent_path(""), "");
}

}  // namespace
}  // namespace syncline::policy
