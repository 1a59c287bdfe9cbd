// The history of one object in sessions, and who has which object open.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/test_api.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;

class ObjectHistoryTest : public ::testing::Test {
 protected:
  crdt::Any get(const std::string& query = {}) {
    answer = node.ask("GET", "/v1/workspaces/w/history/plan" + query);
    EXPECT_EQ(answer->head->status, 200) << answer->body;
    return crdt::from_json(answer->body).value_or(crdt::Any());
  }
  int status(const std::string& method, const std::string& target) {
    return node.ask(method, "/v1/workspaces/w/" + target)->head->status;
  }
  // "first-last:changes", the newest first.
  static std::string sessions(const crdt::Any& page) {
    std::string all;
    for (const crdt::Any& each : std::get<crdt::Any::Array>(page.find("sessions")->value()))
      all += (all.empty() ? "" : " ") + crdt::to_json(*each.find("first")) + "-" +
             crdt::to_json(*each.find("last")) + ":" + crdt::to_json(*each.find("changes"));
    return all;
  }
  static std::string runs(const crdt::Any& page) { return crdt::to_json(*page.find("runs")); }

  TestApi node;
  Typist typist{1};
  std::shared_ptr<FakeAnswer> answer;
};

TEST_F(ObjectHistoryTest, ASessionEndsWithAPause) {
  node.change("w", "plan", typist.type("Hello"));
  node.change("w", "other", Typist(2).type("x"));
  node.change("w", "plan", typist.type(" you"));
  node.loops[0]->advance(601'000);
  node.change("w", "plan", typist.type("!"));
  const crdt::Any page = get();
  EXPECT_EQ(sessions(page), "4-4:1 1-3:2");
  EXPECT_EQ(runs(page), "[[1,1],[3,2]]");
  EXPECT_EQ(*page.find("next"), crdt::Any(nullptr));
  EXPECT_EQ(*page.find("kept_from"), crdt::Any(0));
  const auto& rows = std::get<crdt::Any::Array>(page.find("sessions")->value());
  EXPECT_EQ(*rows[1].find("inserted"), crdt::Any(9));
  EXPECT_EQ(*rows[1].find("deleted"), crdt::Any(0));
  EXPECT_EQ(sessions(get("?pause=700")), "1-4:3");
  EXPECT_EQ(sessions(get("?before=4")), "1-3:2");
  EXPECT_EQ(sessions(get("?at=1")), "1-1:1");
}

TEST_F(ObjectHistoryTest, WhatItWasBeforeADeletionIsAnotherObject) {
  node.change("w", "plan", typist.type("before"));
  ASSERT_EQ(status("DELETE", "objects/plan"), 200);
  EXPECT_EQ(status("GET", "history/plan"), 410);
  node.change("w", "plan", Typist(7).type("after"));
  const crdt::Any page = get();
  EXPECT_EQ(sessions(page), "3-3:1");
  // Also where an answer begins after the deletion.
  EXPECT_EQ(sessions(get("?before=3")), "");
  EXPECT_EQ(sessions(get("?at=1")), "1-1:1");
}

TEST_F(ObjectHistoryTest, ARenamedObjectKeepsItsHistory) {
  node.change("w", "draft", typist.type("before"));
  ASSERT_EQ(status("POST", "rename/draft?to=plan"), 200);
  node.change("w", "plan", typist.type("after"));
  EXPECT_EQ(runs(get()), "[[1,1],[4,1]]");
}

TEST_F(ObjectHistoryTest, ALongHistoryComesInParts) {
  constexpr int kChanges = 15'000;
  for (int i = 0; i < kChanges; ++i) node.change("w", "plan", typist.type("a"));
  for (int i = 0; i < 100; ++i) node.change("w", "other", Typist(2 + i).type("x"));
  std::uint64_t found = 0;
  std::string query;
  int parts = 0;
  for (; parts < 10; ++parts) {
    const crdt::Any page = get(query);
    const auto& rows = std::get<crdt::Any::Array>(page.find("sessions")->value());
    for (const crdt::Any& row : rows)
      found += static_cast<std::uint64_t>(std::get<double>(row.find("changes")->value()));
    if (*page.find("next") == crdt::Any(nullptr)) break;
    query = "?before=" + crdt::to_json(*page.find("next"));
  }
  EXPECT_EQ(found, kChanges);
  EXPECT_EQ(parts, 1);
}

TEST_F(ObjectHistoryTest, WhatIsAskedWronglyIsRefused) {
  EXPECT_EQ(status("GET", "history/none"), 404);
  node.change("w", "plan", typist.type("a"));
  for (const char* query : {"pause=0", "pause=86401", "pause=x", "before=x", "at=nowhere"})
    EXPECT_NE(status("GET", std::string("history/plan?") + query), 200) << query;
}

TEST_F(ObjectHistoryTest, NobodyIsThere) {
  node.change("w", "plan", typist.type("a"));
  const auto present = node.ask("GET", "/v1/workspaces/w/present");
  EXPECT_EQ(present->head->status, 200);
  EXPECT_EQ(present->body, "{\"open\":[],\"more\":false}\n");
}

}  // namespace
}  // namespace syncline::api
