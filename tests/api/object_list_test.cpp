// The list of objects with what is known of each: size, type, last change and its author.
#include <gtest/gtest.h>

#include <string>

#include "support/test_api.h"
#include "syncline/crdt/any.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;

class ObjectListTest : public ::testing::Test {
 protected:
  ObjectListTest() {
    for (const char* object : {"notes/a", "notes/b", "todo"}) {
      Typist typist(1);
      node.change("w", object, typist.type("Hello"));
    }
    Typist typist(2);
    node.change("w", "notes/a", typist.type("again"));
  }

  crdt::Any list(const std::string& query, const std::string& headers = {}) {
    answer = node.ask("GET", "/v1/workspaces/w/objects" + query, headers);
    EXPECT_EQ(answer->head->status, 200) << answer->body;
    return crdt::from_json(answer->body).value();
  }
  std::string objects(const std::string& query) {
    return crdt::to_json(*list(query).find("objects"));
  }

  TestApi node{identity::Access(
      {{"full", {.id = "ann"}},
       {"look", {.id = "bob", .rights = identity::Rights::none().with(identity::Right::kRead)}}})};
  const std::string full = "Authorization: Bearer full\r\n";
  std::shared_ptr<FakeAnswer> answer;
};

TEST_F(ObjectListTest, NamesAloneAreAsBefore) {
  EXPECT_EQ(list("", full),
            crdt::from_json(R"({"objects":["notes/a","notes/b","todo"],"next":null})"));
  EXPECT_EQ(answer->header("Link"), "");
}

TEST_F(ObjectListTest, EachIsListedWithSizeTypeLastChangeAndAuthor) {
  const auto page = list("?details=1&prefix=notes/", full);
  EXPECT_EQ(crdt::to_json(*page.find("objects")), R"(["notes/a","notes/b"])");
  const auto& details = std::get<crdt::Any::Array>(page.find("details")->value());
  ASSERT_EQ(details.size(), 2u);
  const crdt::Any& first = details[0];
  EXPECT_EQ(*first.find("object"), crdt::Any("notes/a"));
  EXPECT_EQ(*first.find("type"), crdt::Any("doc"));
  EXPECT_EQ(*first.find("generation"), crdt::Any(1));
  EXPECT_EQ(*first.find("position"), crdt::Any(4));
  EXPECT_EQ(*first.find("principal"), crdt::Any("ann"));
  EXPECT_GT(std::get<double>(first.find("size")->value()), 10);
  EXPECT_EQ(std::get<std::string>(first.find("time")->value()).size(), 24u);
  EXPECT_EQ(*details[1].find("position"), crdt::Any(2));
}

TEST_F(ObjectListTest, PagesFollowOneAnotherByTheirLinks) {
  std::string query = "?details=1&limit=1&prefix=notes/&token=full";
  std::string all;
  for (int pages = 0; pages < 3 && !query.empty(); ++pages) {
    all += objects(query.find("token") == query.npos ? query + "&token=full" : query);
    const std::string link = answer->header("Link");
    query = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    if (!link.empty()) {
      EXPECT_TRUE(link.ends_with("; rel=\"next\"")) << link;
      EXPECT_EQ(link.find("token"), link.npos) << link;
    }
  }
  EXPECT_EQ(all, R"(["notes/a"]["notes/b"][])");
}

TEST_F(ObjectListTest, FiltersAreByTypeAndByWhatHasChangedSince) {
  const auto filtered = [&](const std::string& query) {
    return crdt::to_json(*list(query, full).find("objects"));
  };
  EXPECT_EQ(filtered("?type=doc"), R"(["notes/a","notes/b","todo"])");
  EXPECT_EQ(filtered("?type=table"), "[]");
  EXPECT_EQ(filtered("?since=2"), R"(["notes/a","todo"])");
  EXPECT_EQ(filtered("?since=now"), "[]");
  EXPECT_EQ(filtered("?since=1970-01-02"), R"(["notes/a","notes/b","todo"])");
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects?since=never", full)->head->status, 404);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects?since=99", full)->head->status, 404);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects?details=1&limit=0", full)->head->status, 400);
}

// Who did what is history.
TEST_F(ObjectListTest, AnAuthorIsShownToThoseWhoMayReadTheHistory) {
  list("?details=1", "Authorization: Bearer look\r\n");
  EXPECT_EQ(answer->body.find("principal"), std::string::npos) << answer->body;
  EXPECT_NE(answer->body.find("\"position\":4"), std::string::npos) << answer->body;
}

// What the workspace promises is read by those who may read the history, also where no rules decide.
TEST_F(ObjectListTest, ObjectsOfTheServerAreNotForEveryReader) {
  const auto pin = node.ask("PUT", "/v1/workspaces/w/pins/classified?at=2", full);
  ASSERT_EQ(pin->head->status, 200) << pin->body;
  const std::string look = "Authorization: Bearer look\r\n";
  const std::string search = "/v1/workspaces/w/search?q=classified&prefix=.%2F";
  EXPECT_NE(node.ask("GET", search, full)->body.find("\"quote\":\"classified\""),
            std::string::npos);
  EXPECT_EQ(node.ask("GET", search, look)->head->status, 403);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects?details=1&prefix=.%2F", look)->head->status,
            403);
  EXPECT_EQ(crdt::to_json(*list("?details=1&prefix=.%2F", full).find("objects")), R"(["./pins"])");
}

TEST_F(ObjectListTest, WhatTheCallerMayNotReadIsLeftOut) {
  node.body =
      "permit (principal, action, resource);"
      "forbid (principal == Principal::\"bob\", action, resource in Object::\"notes/b\");";
  const auto set = node.ask("PUT", "/v1/workspaces/w/policies/all", full);
  node.body.clear();
  ASSERT_EQ(set->head->status, 200) << set->body;
  const auto page = list("?details=1", "Authorization: Bearer look\r\n");
  EXPECT_EQ(crdt::to_json(*page.find("objects")), R"(["notes/a","todo"])");
  EXPECT_EQ(answer->body.find("notes/b"), std::string::npos) << answer->body;
  EXPECT_EQ(crdt::to_json(*list("?details=1", full).find("objects")),
            R"(["notes/a","notes/b","todo"])");
}

}  // namespace
}  // namespace syncline::api
