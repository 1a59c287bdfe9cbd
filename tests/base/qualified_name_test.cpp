#include "base/qualified_name.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline {
namespace {

TEST(QualifiedName, IsSplitAsItWasJoined) {
  EXPECT_EQ(qualified("", "notes"), "notes");
  EXPECT_EQ(qualified("acme", "notes"), "/acme/notes");
  for (const char* tenant : {"", "acme", "a-b"}) {
    const std::string name = qualified(tenant, "notes");
    EXPECT_EQ(split_name(name).tenant, tenant);
    EXPECT_EQ(split_name(name).workspace, "notes");
  }
  EXPECT_EQ(split_name("/odd").workspace, "/odd");
  EXPECT_EQ(split_name("/odd").tenant, "");
}

TEST(QualifiedName, APublicTextNamesNoTenant) {
  EXPECT_EQ(public_text("workspace /acme/notes is shut: workspace /acme/notes, event 3", "acme"),
            "workspace notes is shut: workspace notes, event 3");
  EXPECT_EQ(public_text("object /acme/x/acme/y of workspace notes", "beta"),
            "object /acme/x/acme/y of workspace notes");
  EXPECT_EQ(public_text("workspace /acme/notes", ""), "workspace /acme/notes");
}

}  // namespace
}  // namespace syncline
