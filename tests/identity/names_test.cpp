#include "identity/names.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "log/rules.h"

namespace syncline::identity {
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

TEST(Names, NewObjectsHaveOnlyVisibleCharactersInOneForm) {
  for (const char* good :
       {"note", "notes/\u00e9t\u00e9 2026", "\u6587\u5b57", "\u05e9\u05dc\u05d5\u05dd",
        "\u0633\u0644\u0627\u0645", "\U0001f600", "\ud55c\uae00", "a\u00a0b", "\ue000",
        "\u0e01\u0e34", "\U0001fadc", "x\u0323\u0301"}) {
    EXPECT_TRUE(check_new_object_id(good))
        << good << ": " << check_new_object_id(good).error().message;
  }
  const std::initializer_list<std::pair<const char*, const char*>> bad = {
      {"a\u200bb", "U+200B is invisible"},
      {"a\u200db", "U+200D is invisible"},
      {"a\u00adb", "U+00AD is invisible"},
      {"\ufeffa", "U+FEFF is invisible"},
      {"a\ufe0f", "U+FE0F is invisible"},
      {"a\u3164", "U+3164 is invisible"},
      {"a\u2060", "U+2060 is invisible"},
      {"a\ufff9", "U+FFF9 is invisible"},
      {"a\U000e0041", "U+E0041 is invisible"},
      {"a\U000e01f0", "U+E01F0 is invisible"},
      {"a\u202eb", "U+202E is a control of writing direction"},
      {"a\u200fb", "U+200F is a control of writing direction"},
      {"a\u2066b", "U+2066 is a control of writing direction"},
      {"a\u061cb", "U+061C is a control of writing direction"},
      {"a\xc2\x85", "U+0085 is a control character"},
      {"a\u2028", "U+2028 is a line break"},
      {"a\uffff", "U+FFFF is no character"},
      {"e\u0301", "NFC"},
      {"\u212b", "NFC"},
      {"\u1100\u1161", "NFC"},
      {"x\u0301\u0323", "NFC"}};
  for (const auto& [name, reason] : bad) {
    EXPECT_TRUE(check_object_id(name)) << reason << ": an old object is reached by it";
    const auto refused = check_new_object_id(name);
    ASSERT_FALSE(refused) << reason;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
    EXPECT_NE(refused.error().message.find(reason), std::string::npos) << refused.error().message;
  }
}

TEST(Names, TheServersOwnAreRefusedToClientsByName) {
  EXPECT_EQ(check_object_id("./pins").error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(log::is_system_object("./pins"));
  EXPECT_FALSE(log::is_system_object("pins"));
  EXPECT_FALSE(log::is_system_object("/./pins"));
}

}  // namespace
}  // namespace syncline::identity
