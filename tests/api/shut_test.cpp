// A workspace with a damaged log, as an operator sees it.
#include <gtest/gtest.h>

#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

constexpr std::string_view kNothing = "{\"shut\":[],\"next\":null}\n";

// Until nobody needs a workspace and it has left memory.
void forget_workspaces(TestApi& node) {
  for (auto& loop : node.loops) loop->advance(10'000);
  node.run();
}

TEST(ApiShut, IsListedAndOpensAgainAfterARepair) {
  TestApi node;
  for (const char* name : {"w", "other"}) {
    Typist typist(1);
    node.change(name, "x", typist.type("one"));
    node.change(name, "x", typist.type(" two"));
  }
  forget_workspaces(node);
  EXPECT_EQ(node.ask("GET", "/v1/shut")->body, kNothing);

  node.store.damage_event("w", 2);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects/x")->head->status, 500);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/other/objects/x")->head->status, 200);
  const std::string listed = node.ask("GET", "/v1/shut")->body;
  EXPECT_NE(listed.find(R"({"shut":[{"workspace":"w","since":"2023-11-14T)"), listed.npos)
      << listed;
  EXPECT_NE(listed.find("event 2"), listed.npos) << listed;

  const auto early = node.ask("DELETE", "/v1/workspaces/w/shut");
  EXPECT_EQ(early->head->status, 500);
  EXPECT_NE(early->body.find("event 2"), early->body.npos) << early->body;
  EXPECT_NE(node.ask("GET", "/v1/shut")->body, kNothing);

  node.store.damage_event("w", 2);  // the same bit again: as it was
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects/x")->head->status, 500) << "nobody lifted it";
  EXPECT_EQ(node.ask("DELETE", "/v1/workspaces/w/shut")->head->status, 204);
  EXPECT_EQ(node.ask("DELETE", "/v1/workspaces/w/shut")->head->status, 404);
  EXPECT_EQ(node.ask("GET", "/v1/shut")->body, kNothing);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects/x")->head->status, 200);
}

TEST(ApiShut, ThePageIsOverAllLoops) {
  TestApi node({}, 3);
  const std::vector<std::string> names{"a", "b", "c", "d", "e"};
  for (const std::string& name : names)
    node.shards->on_owner(name, [&](node::Shard& shard) {
      shard.host.shut().add(name, {ErrorCode::kCorrupt, "\"damaged\""}, 0);
    });
  node.run();
  std::string after;
  for (std::size_t first = 0; first < names.size(); first += 2) {
    const auto page = node.ask("GET", "/v1/shut?limit=2&after=" + after);
    ASSERT_TRUE(page->ended);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool expected = i == first || i == first + 1;
      const auto found = page->body.find("{\"workspace\":\"" + names[i] + "\"");
      EXPECT_EQ(found != std::string::npos, expected) << page->body;
    }
    after = names[std::min(first + 1, names.size() - 1)];
    const bool last = first + 2 > names.size() - 1;
    EXPECT_EQ(page->body.ends_with("],\"next\":null}\n"), last) << page->body;
  }
  EXPECT_EQ(node.ask("GET", "/v1/shut?limit=0")->head->status, 400);
}

}  // namespace
}  // namespace syncline::api
