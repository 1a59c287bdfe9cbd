// Changes of objects over HTTP, by whoever has no replica of them.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "api/idempotency.h"
#include "api/media_type.h"
#include "support/hand_jobs.h"
#include "support/test_api.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;

constexpr std::string_view kText = "application/vnd.syncline.text+json";
constexpr std::string_view kPatch = "application/json-patch+json";
constexpr std::string_view kMerge = "application/merge-patch+json";
constexpr std::string_view kUpdate = "application/vnd.yjs.update";

class ApiWrite : public ::testing::Test {
 protected:
  std::shared_ptr<FakeAnswer> write(const std::string& method, std::string_view type,
                                    std::string body, const std::string& headers = {},
                                    const std::string& query = {}) {
    node.body = std::move(body);
    auto answer = node.ask(method, "/v1/workspaces/w/objects/notes/plan" + query,
                           "Content-Type: " + std::string(type) + "\r\n" + headers);
    node.body.clear();
    return answer;
  }
  int status(const std::shared_ptr<FakeAnswer>& answer) {
    return answer->head ? answer->head->status : 0;
  }
  std::string state() {
    const auto answer = node.ask("GET", "/v1/workspaces/w/objects/notes/plan");
    const auto json = crdt::from_json(answer->body);
    const auto* found = json ? json->find("state") : nullptr;
    return found == nullptr ? answer->body : crdt::to_json(*found);
  }
  std::uint64_t events() { return node.shards->at(0)->workspace_counters.changes_accepted; }

  TestApi node;
};

TEST_F(ApiWrite, ATextBeginsAndGrows) {
  const auto begun = write("PATCH", kText, R"({"root":"content","ops":[{"insert":"Hi","at":0}]})");
  EXPECT_EQ(status(begun), 201) << begun->body;
  EXPECT_EQ(begun->body, R"({"workspace":"w","object":"notes/plan","dry_run":false,"changed":true,)"
                         "\"position\":1}\n");
  EXPECT_EQ(begun->header("ETag"), "\"1\"");
  const auto grown =
      write("PATCH", kText, R"({"root":"content","ops":[{"insert":" there","after":"Hi"}]})");
  EXPECT_EQ(status(grown), 200) << grown->body;
  EXPECT_EQ(grown->header("Syncline-Position"), "2");
  EXPECT_EQ(state(), R"({"content":"Hi there"})");
  const auto twice =
      write("PATCH", kText, R"({"root":"content","ops":[{"delete":{"quote":"x"}}]})");
  EXPECT_EQ(status(twice), 409) << twice->body;
}

TEST_F(ApiWrite, PatchesAndWholeValues) {
  EXPECT_EQ(status(write("PUT", "application/json", R"({"todo":{"items":[{"id":1}]}})")), 201);
  EXPECT_EQ(
      status(write("PATCH", kPatch, R"([{"op":"add","path":"/todo/items/-","value":{"id":2}}])")),
      200);
  EXPECT_EQ(status(write("PATCH", kMerge, R"({"todo":{"done":true}})")), 200);
  EXPECT_EQ(state(), R"({"todo":{"items":[{"id":1},{"id":2}],"done":true}})");
  EXPECT_EQ(status(write("PUT", "text/plain; charset=UTF-8", "A text\n", {}, "?root=content")),
            200);
  EXPECT_EQ(status(write("PUT", "application/json", R"([3])", {}, "?path=/todo/items")), 200);
  EXPECT_EQ(state(), R"({"todo":{"items":[3],"done":true},"content":"A text\n"})");
  const auto refused = write(
      "PATCH", kPatch,
      R"([{"op":"remove","path":"/todo/done"},{"op":"test","path":"/todo/items/0","value":4}])");
  EXPECT_EQ(status(refused), 409);
  EXPECT_NE(refused->body.find("operation 1"), std::string::npos) << refused->body;
  EXPECT_EQ(state(), R"({"todo":{"items":[3],"done":true},"content":"A text\n"})");
}

TEST_F(ApiWrite, YjsUpdatesOfBothVersions) {
  crdt::Doc doc({.client_id = 9});
  ASSERT_TRUE(doc.text("content").insert(0, "one"));
  const Bytes first = doc.encode_state_as_update();
  EXPECT_EQ(status(write("PATCH", kUpdate, std::string(as_text(first)))), 201);
  ASSERT_TRUE(doc.text("content").insert(3, " two"));
  const Bytes second = doc.encode_state_as_update({}, crdt::UpdateVersion::kV2);
  EXPECT_EQ(
      status(write("PATCH", std::string(kUpdate) + "; version=2", std::string(as_text(second)))),
      200);
  EXPECT_EQ(state(), R"({"content":"one two"})");
  const auto again = write("PATCH", "application/octet-stream", std::string(as_text(first)));
  EXPECT_NE(again->body.find("\"changed\":false"), std::string::npos) << again->body;
  EXPECT_EQ(status(write("PATCH", kUpdate, "no update")), 400);
  EXPECT_EQ(status(write("PATCH", kUpdate, "")), 400);
}

TEST_F(ApiWrite, AnUpdateThatNeedsOthersIsKept) {
  Typist typist(3);
  const Bytes first = typist.type("a");
  const Bytes second = typist.type("b");
  const auto early = write("PATCH", kUpdate, std::string(as_text(second)));
  EXPECT_EQ(status(early), 202) << early->body;
  EXPECT_NE(early->body.find("\"waits\":true"), std::string::npos);
  EXPECT_EQ(status(write("PATCH", kUpdate, std::string(as_text(first)))), 201);
  EXPECT_EQ(events(), 2u) << "the one that waited follows";
}

TEST_F(ApiWrite, MediaTypesThatCannotBeTaken) {
  const auto patch = write("PATCH", "application/json", "{}");
  EXPECT_EQ(status(patch), 415);
  EXPECT_NE(patch->header("Accept-Patch").find(kPatch), std::string::npos);
  EXPECT_EQ(status(write("PUT", "text/plain; charset=latin1", "x", {}, "?root=a")), 415);
  EXPECT_EQ(status(write("PUT", kUpdate, "x")), 415);
  EXPECT_EQ(status(write("PATCH", std::string(kUpdate) + "; version=3", "x")), 415);
  EXPECT_EQ(status(node.ask("PUT", "/v1/workspaces/w/objects/plan")), 415);
  EXPECT_EQ(events(), 0u);
}

TEST_F(ApiWrite, WhatCannotBeReadIsRefused) {
  for (const auto& [method, type, body] :
       {std::tuple{"PATCH", kPatch, "{"},
        {"PATCH", kPatch, "[1]"},
        {"PATCH", kMerge, "[]"},
        {"PATCH", kText, R"({"root":"a","ops":[{"insert":1,"at":0}]})"},
        {"PUT", std::string_view("application/json"), "nothing"},
        {"PUT", std::string_view("text/plain"), "no root is named"}})
    EXPECT_EQ(status(write(method, type, body)), 400) << type << " " << body;
  EXPECT_EQ(status(write("PUT", "text/plain", "\xff", {}, "?root=a")), 400);
  EXPECT_EQ(status(write("PUT", "text/plain", "x", {}, "?root=a&path=/b")), 400);
  std::string many = "[";
  for (int i = 0; i < 1001; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"op":"test","path":"","value":{}})";
  EXPECT_EQ(status(write("PATCH", kPatch, many + "]")), 413);
  EXPECT_EQ(events(), 0u);
}

TEST_F(ApiWrite, ConditionsHoldInTheTurnOfTheChange) {
  const std::string hi = R"({"root":"content","ops":[{"insert":"x","at":0}]})";
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-Match: *\r\n")), 412);
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-Match: \"1\"\r\n")), 412);
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-None-Match: *\r\n")), 201);
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-None-Match: *\r\n")), 412);
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-Match: \"7\", \"1\"\r\n")), 200);
  const auto stale = write("PATCH", kText, hi, "If-Match: \"1\"\r\n");
  EXPECT_EQ(status(stale), 412);
  EXPECT_NE(stale->body.find("position 2"), std::string::npos) << stale->body;
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-Match: W/\"2\"\r\n")), 412) << "weak";
  EXPECT_EQ(status(write("PATCH", kText, hi, "If-Match: 2\r\n")), 400);
  EXPECT_EQ(state(), R"({"content":"xx"})");
  // Two that have seen the same: one wins.
  node.body = hi;
  const std::string headers = "Content-Type: " + std::string(kText) + "\r\nIf-Match: \"2\"\r\n";
  const auto one = node.send("PATCH", "/v1/workspaces/w/objects/notes/plan", headers);
  const auto other = node.send("PATCH", "/v1/workspaces/w/objects/notes/plan", headers);
  node.run();
  EXPECT_EQ(status(one) + status(other), 200 + 412);
}

TEST_F(ApiWrite, ADryRunTellsAndChangesNothing) {
  const auto told = write("PUT", "text/plain", "Hello", {}, "?root=content&dry_run=1");
  EXPECT_EQ(status(told), 200);
  EXPECT_NE(told->body.find("\"dry_run\":true,\"changed\":true,\"position\":0,\"changes\":[{"),
            std::string::npos)
      << told->body;
  EXPECT_EQ(events(), 0u);
}

TEST_F(ApiWrite, ARepeatedRequestIsOneEvent) {
  const std::string add = R"({"root":"content","ops":[{"insert":"x","at":0}]})";
  const auto first = write("PATCH", kText, add, "Idempotency-Key: a1\r\n");
  ASSERT_EQ(status(first), 201) << first->body;
  write("PATCH", kText, add);
  const auto again = write("PATCH", kText, add, "Idempotency-Key: a1\r\n");
  EXPECT_EQ(status(again), 200);
  EXPECT_EQ(again->header("Idempotent-Replayed"), "true");
  EXPECT_EQ(again->header("ETag"), "\"1\"");
  EXPECT_NE(again->body.find("\"changed\":true,\"position\":1"), std::string::npos) << again->body;
  EXPECT_EQ(state(), R"({"content":"xx"})");
  const std::string other = R"({"root":"content","ops":[{"insert":"y","at":0}]})";
  EXPECT_EQ(status(write("PATCH", kText, other, "Idempotency-Key: a1\r\n")), 422);
  EXPECT_EQ(status(write("PATCH", kText, other, "Idempotency-Key: a2\r\n")), 200);
  EXPECT_EQ(status(write("PATCH", kText, other, "Idempotency-Key: with blank\r\n")), 400);
  EXPECT_EQ(events(), 3u);
}

// The answer was lost: the client asks again before it has one.
TEST_F(ApiWrite, ARequestIsRepeatedWhileTheFirstIsUnderWay) {
  node.body = R"({"root":"content","ops":[{"insert":"x","at":0}]})";
  const std::string headers =
      "Content-Type: " + std::string(kText) + "\r\nIdempotency-Key: k\r\nIf-None-Match: *\r\n";
  const auto one = node.send("PATCH", "/v1/workspaces/w/objects/notes/plan", headers);
  const auto other = node.send("PATCH", "/v1/workspaces/w/objects/notes/plan", headers);
  node.run();
  EXPECT_EQ(status(one), 201);
  EXPECT_EQ(status(other), 200) << "its condition held when it was sent first";
  EXPECT_EQ(events(), 1u);
}

TEST_F(ApiWrite, ARequestThatChangesNothingMakesNoEvent) {
  const std::string nothing = R"({"root":"content","ops":[]})";
  const auto answer = write("PATCH", kText, nothing, "Idempotency-Key: k\r\n");
  EXPECT_EQ(status(answer), 200);
  EXPECT_NE(answer->body.find("\"changed\":false,\"position\":0"), std::string::npos)
      << answer->body;
  EXPECT_EQ(events(), 0u);
}

TEST_F(ApiWrite, ARuleForAPlaceIsJudgedByWhatTheEditDoes) {
  ASSERT_EQ(status(write("PATCH", kMerge, R"({"plan":{"title":"x"},"budget":{"travel":1}})")), 201);
  node.body =
      "permit (principal, action, resource);\n"
      "forbid (principal, action in Action::\"write\", resource in Path::\"/budget\");";
  ASSERT_EQ(status(node.ask("PUT", "/v1/workspaces/w/policies/all?reason=test")), 200);
  const auto refused = write("PATCH", kMerge, R"({"plan":{"title":"y"},"budget":{"travel":2}})");
  EXPECT_EQ(status(refused), 403) << refused->body;
  EXPECT_NE(refused->body.find("all"), std::string::npos) << "the reason names the policy";
  EXPECT_EQ(state(), R"({"plan":{"title":"x"},"budget":{"travel":1}})");
  // The smallest edit of the whole touches the plan alone.
  EXPECT_EQ(
      status(write("PUT", "application/json", R"({"plan":{"title":"y"},"budget":{"travel":1}})")),
      200);
}

TEST_F(ApiWrite, WhatCannotBeServedIsNotWritten) {
  node.shards->at(0)->quarantine.add("w", "notes/plan", 1, {ErrorCode::kCorrupt, "damaged"});
  const int held = status(node.ask("GET", "/v1/workspaces/w/objects/notes/plan"));
  EXPECT_GE(held, 400);
  EXPECT_EQ(status(write("PUT", "text/plain", "y", {}, "?root=content")), held);
  EXPECT_EQ(status(node.ask("PATCH", "/v1/workspaces/w/objects/.%2Fpins",
                            "Content-Type: " + std::string(kMerge) + "\r\n")),
            403);
}

// ---- reading what is newer

class ApiWait : public ApiWrite {
 protected:
  std::shared_ptr<FakeAnswer> read(const std::string& query, const std::string& known) {
    return node.ask("GET", "/v1/workspaces/w/objects/notes/plan" + query,
                    known.empty() ? known : "If-None-Match: " + known + "\r\n");
  }
  std::shared_ptr<FakeAnswer> put(const std::string& text) {
    return write("PUT", "text/plain", text, {}, "?root=content");
  }
};

TEST_F(ApiWait, WhatIsKnownIsNotSentAgain) {
  put("one");
  const auto shown = read("", "");
  EXPECT_EQ(shown->header("ETag"), "\"1\"");
  const auto same = read("", "\"1\"");
  EXPECT_EQ(status(same), 304);
  EXPECT_EQ(same->body, "");
  EXPECT_EQ(same->header("ETag"), "\"1\"");
  EXPECT_EQ(status(read("", "\"7\"")), 200);
  EXPECT_EQ(status(read("?wait=61", "\"1\"")), 400);
  EXPECT_EQ(status(read("?wait=5", "")), 200) << "nothing to wait for";
}

TEST_F(ApiWait, AReaderGetsTheNextChange) {
  put("one");
  const auto waits = read("?wait=30", "\"1\"");
  EXPECT_FALSE(waits->head);
  EXPECT_EQ(node.shards->at(0)->waits.size(), 1u);
  put("two");
  ASSERT_TRUE(waits->head);
  EXPECT_EQ(waits->header("ETag"), "\"2\"");
  EXPECT_NE(waits->body.find("two"), std::string::npos);
  EXPECT_EQ(node.shards->at(0)->waits.size(), 0u);
}

TEST_F(ApiWait, AWaitEndsInTime) {
  put("one");
  const auto waits = read("?wait=3", "\"1\"");
  node.loops[0]->advance(2900);
  EXPECT_FALSE(waits->head);
  node.loops[0]->advance(200);
  node.run();
  EXPECT_EQ(status(waits), 304);
}

TEST_F(ApiWait, AWaitEndsWhenTheObjectIsDeleted) {
  put("one");
  const auto waits = read("?wait=30", "\"1\"");
  ASSERT_EQ(status(node.ask("DELETE", "/v1/workspaces/w/objects/notes/plan")), 200);
  EXPECT_EQ(status(waits), 410);
  EXPECT_EQ(node.shards->at(0)->waits.size(), 0u);
}

TEST_F(ApiWait, AServerThatStopsKeepsNobodyWaiting) {
  put("one");
  const auto waits = read("?wait=30", "\"1\"");
  EXPECT_FALSE(waits->head);
  node.shards->at(0)->waits.close();
  node.run();
  EXPECT_EQ(status(waits), 304);
  EXPECT_EQ(status(read("?wait=30", "\"1\"")), 304);
}

TEST_F(ApiWait, OneAskerHoldsSoManyWaitsAndNoMore) {
  put("one");
  std::vector<std::shared_ptr<FakeAnswer>> waits;
  for (std::size_t i = 0; i < node::WaitLimits{}.of_one; ++i)
    waits.push_back(read("?wait=30", "\"1\""));
  EXPECT_EQ(status(read("?wait=30", "\"1\"")), 503);
  put("two");
  for (const auto& each : waits) EXPECT_EQ(status(each), 200);
  EXPECT_FALSE(read("?wait=30", "\"2\"")->head) << "there is room again";
}

TEST(ApiWriteElsewhere, ALargeObjectIsEditedByAWorker) {
  testing::HandJobs jobs;
  TestApi node({}, 1, nullptr, &jobs, {.bytes = 100'000, .memory = 1});
  node.body = "Hello";
  const auto answer =
      node.ask("PUT", "/v1/workspaces/w/objects/plan?root=content", "Content-Type: text/plain\r\n");
  EXPECT_FALSE(answer->head) << "the loop has made it";
  EXPECT_EQ(jobs.next().kind, state::JobOrder::kUrgent);
  while (!jobs.waiting().empty()) {
    jobs.run_next(*node.loops[0], node.shards->at(0)->sources);
    node.run();
  }
  ASSERT_TRUE(answer->head);
  EXPECT_EQ(answer->head->status, 201) << answer->body;
}

TEST(Conditions, MediaTypesAreRead) {
  const MediaType type(" Text/Plain ; Charset=\"UTF-8\"; x ; version = 2");
  EXPECT_EQ(type.name(), "text/plain");
  EXPECT_EQ(type.parameter("charset"), "utf-8");
  EXPECT_EQ(type.parameter("version"), "2");
  EXPECT_EQ(type.parameter("x"), std::nullopt);
}

TEST(Conditions, ListsOfTags) {
  const auto read = [](std::string value) {
    http::Request request;
    request.headers.add("If-None-Match", std::move(value));
    return Conditions::read(request);
  };
  EXPECT_TRUE(read("\"3\"")->is_known(3));
  EXPECT_TRUE(read("W/\"3\"")->is_known(3));
  EXPECT_TRUE(read("\"1\" , \"3\"")->is_known(3));
  EXPECT_FALSE(read("\"1\"")->is_known(3));
  EXPECT_TRUE(read("*")->is_known(3));
  EXPECT_FALSE(read("*")->is_known(0));
  EXPECT_FALSE(read("3"));
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("\"1\",,"));
  std::string many = "\"0\"";
  for (int i = 0; i < 40; ++i) many += ",\"0\"";
  EXPECT_FALSE(read(many));
}

}  // namespace
}  // namespace syncline::api
