// Addresses and cursors of resources: what is written is read back, and nothing else is one.
#include "api/mcp_resources.h"

#include <gtest/gtest.h>

#include <string_view>

namespace syncline::api {
namespace {

TEST(McpResources, AnAddressNamesAnObject) {
  const std::string uri = resource_uri("my team", "notes/a plan#1%/é");
  EXPECT_EQ(uri, "syncline://my%20team/notes/a%20plan%231%25/%C3%A9");
  const auto place = place_of_uri(uri);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->workspace, "my team");
  EXPECT_EQ(place->object, "notes/a plan#1%/é");
  for (const std::string_view none : {"", "syncline://", "syncline://team", "syncline://team/",
                                      "syncline:///plan", "file:///etc/passwd"})
    EXPECT_FALSE(place_of_uri(none)) << none;
}

TEST(McpResources, ACursorSaysWhereAPageBegins) {
  for (const ResourceCursor& cursor : {ResourceCursor{"my/team"}, ResourceCursor{"team", "notes/ü"},
                                       ResourceCursor{"t", "", true}}) {
    const auto read = read_resource_cursor(to_text(cursor));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->workspace, cursor.workspace);
    EXPECT_EQ(read->after, cursor.after);
    EXPECT_EQ(read->behind, cursor.behind);
  }
  EXPECT_FALSE(read_resource_cursor(""));
  EXPECT_FALSE(read_resource_cursor("/plan"));
}

}  // namespace
}  // namespace syncline::api
