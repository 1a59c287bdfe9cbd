#include "policy/names.h"

#include <gtest/gtest.h>

#include <string>

#include "log/rules.h"

namespace syncline::policy {
namespace {

TEST(Names, WorkspacesAreOneSegment) {
  for (const char* good : {"team-1.eu_west", "team@acme", "a:b", "x+y~z=1,2", "-", "@"}) {
    EXPECT_TRUE(check_workspace_name(good)) << good;
  }
  for (const char* bad :
       {"", ".hidden", ".", "..", "a/b", "a b", "\xc3\xa9", "a\n", "a%b", "a\\b", "a?b", "a#b"}) {
    EXPECT_FALSE(check_workspace_name(bad)) << bad;
  }
  EXPECT_TRUE(check_workspace_name(std::string(kMaxWorkspaceNameBytes, 'a')));
  EXPECT_FALSE(check_workspace_name(std::string(kMaxWorkspaceNameBytes + 1, 'a')));
}

TEST(Names, ObjectsAreNearlyAnyText) {
  for (const char* good : {"note", "notes/plan", "notes/\xc3\xa9t\xc3\xa9 2026", "..a/b..", "/a",
                           "a/", "a//b", "/", "//", "https://example.com/page?x=1#y", "a/.../b",
                           ".a", "100%", "team@acme", "a\\b", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(check_object_id(good)) << good;
  }
  for (const char* bad :
       {"", "a/../b", ".", "..", "a/.", "../a", "a\x01", "\xff", "a\x7f", "a\n"}) {
    EXPECT_FALSE(check_object_id(bad)) << bad;
  }
  EXPECT_TRUE(check_object_id(std::string(kMaxObjectIdBytes, 'a')));
  EXPECT_FALSE(check_object_id(std::string(kMaxObjectIdBytes + 1, 'a')));
}

TEST(Names, TheServersOwnAreRefusedToClientsByName) {
  EXPECT_EQ(check_object_id("./pins").error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(log::is_system_object("./pins"));
  EXPECT_FALSE(log::is_system_object("pins"));
  EXPECT_FALSE(log::is_system_object("/./pins"));
}

}  // namespace
}  // namespace syncline::policy
