// Durable Streams over the HTTP API. The published suite (tests/durable_streams) looks at the protocol as a whole; here is
// what belongs to this server: rights, bounds, forks over deletions, the log of a workspace.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "session/stream_feed.h"
#include "streams/change.h"
#include "streams/offset.h"
#include "support/test_api.h"
#include "support/test_world.h"

namespace syncline::api {
namespace {

using streams::offset_text;
using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;
using Answer = std::shared_ptr<FakeAnswer>;

const std::string kPlainText = "Content-Type: text/plain\r\n";
const std::string kJsonType = "Content-Type: application/json\r\n";

class ApiStreams : public ::testing::Test {
 protected:
  Answer ask(const std::string& method, const std::string& path, const std::string& headers = {},
             const std::string& body = {}, const std::string& token = "writer") {
    node_.body = body;
    auto answer = node_.ask(method, "/streams/w" + path,
                            "Authorization: Bearer " + token + "\r\n" + headers, other_loop());
    node_.body.clear();
    return answer;
  }
  int status(const std::string& method, const std::string& path, const std::string& headers = {},
             const std::string& body = {}, const std::string& token = "writer") {
    return ask(method, path, headers, body, token)->head->status;
  }
  void put(const std::string& path, const std::string& headers = kPlainText,
           const std::string& body = {}) {
    EXPECT_EQ(status("PUT", path, headers, body), 201) << path;
  }
  std::string append(const std::string& path, const std::string& body,
                     const std::string& headers = kPlainText) {
    const Answer answer = ask("POST", path, headers, body);
    EXPECT_EQ(answer->head->status, 204) << answer->body;
    return answer->header("Stream-Next-Offset");
  }
  std::string read(const std::string& path, const std::string& token = "writer") {
    return ask("GET", path, {}, {}, token)->body;
  }
  static std::string produced(int epoch, int seq, const char* id = "p") {
    return kPlainText + "Producer-Id: " + id + "\r\nProducer-Epoch: " + std::to_string(epoch) +
           "\r\nProducer-Seq: " + std::to_string(seq) + "\r\n";
  }
  // The connection is on another loop than the workspace.
  std::size_t other_loop() const { return 1 - node_.owner_of("w"); }
  node::Shard& shard() { return *node_.shards->at(node_.owner_of("w")); }
  void pass(std::uint64_t ms) {
    for (auto& loop : node_.loops) loop->advance(ms);
    node_.run();
  }

  static identity::Identity within(const char* object) {
    return {.workspace = "w", .object = object};
  }

  TestApi node_{
      identity::Access(
          {{"admin", {.id = "root"}},
           {"writer", {.id = "w", .rights = identity::Rights::writing()}},
           {"reader", {.id = "r", .rights = identity::Rights::reading()}},
           {"looker", {.id = "l", .rights = identity::Rights::none().with(identity::Right::kRead)}},
           {"one", {.id = "o", .identity = std::make_shared<identity::Identity>(within("one"))}}}),
      2};
};

TEST_F(ApiStreams, WhatIsAppendedIsReadFromAnyPlace) {
  put("/a/b");
  EXPECT_EQ(read("/a/b"), "");
  const std::string first = append("/a/b", "one ");
  const std::string second = append("/a/b", "two ");
  EXPECT_LT(first, second);
  const Answer all = ask("GET", "/a/b");
  EXPECT_EQ(all->body, "one two ");
  EXPECT_EQ(all->header("Stream-Next-Offset"), second);
  EXPECT_EQ(all->header("Stream-Up-To-Date"), "true");
  EXPECT_EQ(read("/a/b?offset=" + first), "two ");
  EXPECT_EQ(read("/a/b?offset=" + second), "");
  EXPECT_EQ(ask("HEAD", "/a/b")->header("Stream-Next-Offset"), second);
}

// It is an object of the workspace as any other: in its log, its list, and its JSON.
TEST_F(ApiStreams, AStreamIsAnObjectOfTheWorkspace) {
  put("/a");
  append("/a", "one");
  const std::string admin = "Authorization: Bearer admin\r\n";
  EXPECT_EQ(node_.ask("GET", "/v1/workspaces/w/objects", admin)->body,
            "{\"objects\":[\"a\"],\"next\":null}\n");
  const std::string state = node_.ask("GET", "/v1/workspaces/w/objects/a", admin)->body;
  EXPECT_NE(state.find(R"("bytes":3,"appends":1)"), std::string::npos) << state;
  const std::string log = node_.ask("GET", "/v1/workspaces/w/log?after=0", admin)->body;
  EXPECT_NE(log.find(R"("principal":"w")"), std::string::npos) << log;
  EXPECT_NE(log.find(R"({"action":"insert","path":"content","index":0,"length":3})"),
            std::string::npos)
      << log;
}

TEST_F(ApiStreams, AnObjectThatIsNoStreamStays) {
  Typist typist(1);
  node_.change("w", "plan", typist.type("hello"));
  EXPECT_EQ(status("PUT", "/plan", kPlainText), 409);
  EXPECT_EQ(status("POST", "/plan", kPlainText, "x"), 409);
  EXPECT_EQ(status("GET", "/plan"), 404);
  EXPECT_EQ(status("DELETE", "/plan"), 404);
}

// A request for a stream that is not there must leave nothing that keeps a document from beginning.
TEST_F(ApiStreams, ARefusedRequestLeavesTheNameFree) {
  EXPECT_EQ(status("POST", "/plan", kPlainText, "x"), 404);
  EXPECT_EQ(status("PUT", "/plan", kJsonType, "{"), 400);
  node_.body = "hello";
  EXPECT_EQ(node_
                .ask("PUT", "/v1/workspaces/w/objects/plan?root=content",
                     "Authorization: Bearer writer\r\nContent-Type: text/plain\r\n")
                ->head->status,
            201);
}

TEST_F(ApiStreams, EachNeedsItsRight) {
  put("/a", kPlainText, "secret");
  for (const char* token : {"reader", "looker"}) {
    EXPECT_EQ(status("PUT", "/b", kPlainText, {}, token), 403);
    EXPECT_EQ(status("POST", "/a", kPlainText, "x", token), 403);
    EXPECT_EQ(status("DELETE", "/a", {}, {}, token), 403);
    EXPECT_EQ(read("/a", token), "secret");
  }
  EXPECT_EQ(status("GET", "/a", {}, {}, "wrong"), 401);
  EXPECT_EQ(status("GET", "/a", {}, {}, "one"), 403);
  put("/one", kPlainText, "mine");
  EXPECT_EQ(read("/one", "one"), "mine");
  // A fork would show what the token does not reach.
  EXPECT_EQ(status("PUT", "/one", "Stream-Forked-From: /streams/w/a\r\n", {}, "one"), 403);
}

TEST_F(ApiStreams, PoliciesDecideAboutEachStreamAndWhatIsDoneToIt) {
  put("/open", kPlainText, "a");
  put("/shut/b", kPlainText, "b");
  const Answer feed = ask("GET", "/shut/b?offset=-1&live=sse");
  node_.body = R"(permit (principal, action, resource);
forbid (principal, action, resource in Folder::"shut/");
forbid (principal, action in Action::"write", resource in Path::"/stream");)";
  const Answer set =
      node_.ask("PUT", "/v1/workspaces/w/policies/p", "Authorization: Bearer admin\r\n");
  node_.body.clear();
  ASSERT_LT(set->head->status, 300) << set->body;
  node_.run();
  EXPECT_TRUE(feed->ended);
  EXPECT_EQ(status("GET", "/open"), 200);
  EXPECT_EQ(status("GET", "/shut/b"), 403);
  EXPECT_EQ(status("GET", "/shut/b?offset=-1&live=sse"), 403);
  EXPECT_EQ(status("POST", "/shut/b", kPlainText, "x"), 403);
  // To append is a change of "content", to close one of "stream".
  EXPECT_EQ(status("POST", "/open", kPlainText, "x"), 204);
  EXPECT_EQ(status("POST", "/open", "Stream-Closed: true\r\n"), 403);
  EXPECT_EQ(ask("GET", "?offset=-1", {}, {}, "looker")->body.find("shut"), std::string::npos);
}

TEST_F(ApiStreams, AnAppendThatIsSentAgainIsOneEvent) {
  put("/a");
  for (int i = 0; i < 2; ++i) {
    const Answer answer = ask("POST", "/a", produced(0, 0), "one ");
    EXPECT_EQ(answer->head->status, i == 0 ? 200 : 204);
    EXPECT_EQ(answer->header("Producer-Seq"), "0");
    EXPECT_EQ(answer->header("Stream-Next-Offset"), offset_text(2));
  }
  EXPECT_EQ(status("POST", "/a", produced(0, 2), "three "), 409);
  const Answer gap = ask("POST", "/a", produced(0, 2), "three ");
  EXPECT_EQ(gap->header("Producer-Expected-Seq"), "1");
  EXPECT_EQ(gap->header("Producer-Received-Seq"), "2");
  EXPECT_EQ(status("POST", "/a", produced(1, 0), "two "), 200);
  const Answer stale = ask("POST", "/a", produced(0, 1), "late ");
  EXPECT_EQ(stale->head->status, 403);
  EXPECT_EQ(stale->header("Producer-Epoch"), "1");
  EXPECT_EQ(read("/a"), "one two ");
}

TEST_F(ApiStreams, HeadersAreChecked) {
  put("/a");
  const std::vector<std::string> bad = {
      "Producer-Id: p\r\n",
      "Producer-Id: p\r\nProducer-Epoch: 0\r\n",
      "Producer-Id: \r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\n",
      "Producer-Id: p\r\nProducer-Epoch: -1\r\nProducer-Seq: 0\r\n",
      "Producer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 01\r\n",
      "Producer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 9007199254740992\r\n",
      "Producer-Id: " + std::string(129, 'x') + "\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\n",
      "Stream-Seq: " + std::string(257, 'x') + "\r\n",
      "Stream-Seq: a\r\nStream-Seq: b\r\n",
  };
  for (const std::string& headers : bad)
    EXPECT_EQ(status("POST", "/a", kPlainText + headers, "x"), 400) << headers;
  EXPECT_EQ(status("POST", "/a", {}, "x"), 400);
  EXPECT_EQ(status("POST", "/a", kPlainText), 400);
  EXPECT_EQ(status("PUT", "/b", "Content-Type: " + std::string(257, 'x') + "\r\n"), 400);
  EXPECT_EQ(status("PUT", "/b", kPlainText + "Stream-Expires-At: tomorrow\r\n"), 400);
  EXPECT_EQ(status("PUT", "/b", kPlainText + "Stream-Fork-Offset: now\r\n"), 400);
  EXPECT_EQ(status("PUT", "/b", "Stream-Forked-From: /streams/other/a\r\n"), 400);
  EXPECT_EQ(status("PUT", "/a", "Stream-Forked-From: /streams/w/a\r\n"), 409);
  EXPECT_EQ(status("GET", "/a?offset=5"), 400);
  EXPECT_EQ(status("GET", "/a?offset=-1&live=ever"), 400);
  EXPECT_EQ(status("GET", "/b"), 404);
  EXPECT_EQ(read("/a"), "");
}

TEST_F(ApiStreams, APageHasABound) {
  put("/a");
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 6; ++i) append("/a", piece);
  std::string offset = "-1";
  std::size_t bytes = 0;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    ASSERT_LT(pages, 10);
    const Answer page = ask("GET", "/a?offset=" + offset);
    EXPECT_LE(page->body.size(), std::size_t{300'000});
    bytes += page->body.size();
    offset = page->header("Stream-Next-Offset");
    more = page->header("Stream-Up-To-Date").empty();
  }
  EXPECT_EQ(bytes, 6 * piece.size());
  EXPECT_GT(pages, 1);
}

TEST_F(ApiStreams, WhoWaitsIsAnsweredWhenThereIsSomething) {
  put("/a");
  const Answer waits = ask("GET", "/a?offset=now&live=long-poll");
  EXPECT_FALSE(waits->head);
  append("/a", "news");
  ASSERT_TRUE(waits->head);
  EXPECT_EQ(waits->body, "news");
  EXPECT_FALSE(waits->header("Stream-Cursor").empty());

  const Answer in_vain = ask("GET", "/a?offset=now&live=long-poll");
  pass(19'000);
  EXPECT_FALSE(in_vain->head);
  pass(2'000);
  ASSERT_TRUE(in_vain->head);
  EXPECT_EQ(in_vain->head->status, 204);
  EXPECT_EQ(in_vain->header("Stream-Next-Offset"), offset_text(2));
  EXPECT_EQ(shard().waits.size(), 0U);

  const Answer at_its_end = ask("GET", "/a?offset=now&live=long-poll");
  EXPECT_EQ(status("POST", "/a", "Stream-Closed: true\r\n"), 204);
  ASSERT_TRUE(at_its_end->head);
  EXPECT_EQ(at_its_end->head->status, 204);
  EXPECT_EQ(at_its_end->header("Stream-Closed"), "true");
}

TEST_F(ApiStreams, WhoFollowsGetsWhatIsThereAndWhatComes) {
  put("/a", kPlainText, "one");
  const Answer feed = ask("GET", "/a?offset=-1&live=sse", {}, {}, "looker");
  EXPECT_EQ(shard().streams.size(), 1U);
  EXPECT_NE(feed->body.find("event: data\ndata:one\n\nevent: control\n"), std::string::npos);
  EXPECT_NE(feed->body.find(R"("upToDate":true)"), std::string::npos) << feed->body;
  feed->body.clear();
  append("/a", "two\nlines");
  EXPECT_EQ(feed->body.find("event: data\ndata:two\ndata:lines\n\nevent: control\n"), 0U)
      << feed->body;
  EXPECT_NE(feed->body.find(offset_text(2)), std::string::npos);
  feed->body.clear();
  EXPECT_EQ(status("POST", "/a", kPlainText + "Stream-Closed: true\r\n", "three"), 204);
  EXPECT_NE(feed->body.find("data:three\n"), std::string::npos);
  EXPECT_NE(feed->body.find(R"("streamClosed":true)"), std::string::npos) << feed->body;
  EXPECT_TRUE(feed->ended);
  EXPECT_EQ(shard().streams.size(), 0U);
}

// A reader who takes nothing costs one batch, and misses nothing.
TEST_F(ApiStreams, ASlowReaderGetsAllFromTheLogLater) {
  put("/a");
  node_.answers_are_read = false;
  const Answer feed = ask("GET", "/a?offset=-1&live=sse");
  node_.answers_are_read = true;
  const std::string piece(200'000, 'x');
  for (int i = 0; i < 8; ++i) append("/a", std::to_string(i) + piece);
  EXPECT_LT(feed->body.size(), 4 * piece.size());
  feed->is_read = true;
  pass(1'000);
  std::size_t at = 0;
  for (int i = 0; i < 8; ++i) {
    at = feed->body.find("data:" + std::to_string(i) + "xxx", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ApiStreams, AFeedEndsWithTheRightToReadAndWithItsTime) {
  put("/a");
  const Answer feed = ask("GET", "/a?offset=-1&live=sse");
  pass(61'000);
  EXPECT_TRUE(feed->ended);
  EXPECT_EQ(shard().streams.size(), 0U);

  const Answer other = ask("GET", "/a?offset=-1&live=sse");
  EXPECT_EQ(status("DELETE", "/a"), 204);
  node_.run();
  EXPECT_TRUE(other->ended);
}

TEST_F(ApiStreams, MessagesOfJsonAreOneArray) {
  put("/j", kJsonType, R"([{"a":1},[2]])");
  append("/j", R"({"b":"x\ny"})", kJsonType);
  EXPECT_EQ(read("/j"), R"([{"a":1},[2],{"b":"x\ny"}])");
  EXPECT_EQ(status("POST", "/j", kJsonType, "[]"), 400);
  EXPECT_EQ(status("POST", "/j", kJsonType, "[1"), 400);
  EXPECT_EQ(status("POST", "/j", kPlainText, "1"), 409);
  EXPECT_EQ(read("/j?offset=now"), "[]");
}

TEST_F(ApiStreams, AfterItsLifeAStreamIsNotThere) {
  put("/a", kPlainText + "Stream-TTL: 10\r\n", "old");
  pass(8'000);
  EXPECT_EQ(read("/a"), "old");  // that renews it
  pass(8'000);
  EXPECT_EQ(status("HEAD", "/a"), 200);
  pass(3'000);
  EXPECT_EQ(status("HEAD", "/a"), 404);
  EXPECT_EQ(status("POST", "/a", kPlainText, "x"), 404);
  put("/a", kJsonType, "[1]");
  EXPECT_EQ(read("/a"), "[1]");
  EXPECT_EQ(ask("HEAD", "/a")->header("Stream-TTL"), "");
}

TEST_F(ApiStreams, WhatWasDeletedDoesNotComeBackInTheNextOne) {
  put("/a", kPlainText, "old");
  const std::string offset = append("/a", "older");
  EXPECT_EQ(status("DELETE", "/a"), 204);
  EXPECT_EQ(status("GET", "/a"), 404);
  EXPECT_EQ(status("DELETE", "/a"), 404);
  put("/a", kPlainText, "new");
  EXPECT_EQ(read("/a"), "new");
  EXPECT_EQ(status("GET", "/a?offset=" + offset), 410);
  EXPECT_EQ(status("POST", "/a", produced(0, 0), "x"), 200);
}

// Whoever names a place must not miss what was there; whoever wants all gets what there is.
TEST_F(ApiStreams, WhatRetentionHasDroppedIsGone) {
  put("/a", kPlainText, "one ");
  append("/a", "two ");
  append("/a", "three ");
  const std::string admin = "Authorization: Bearer admin\r\n";
  const std::string retention = "/v1/workspaces/w/retention";
  ASSERT_EQ(node_.ask("PUT", retention + "?keep_last=2", admin)->head->status, 200);
  ASSERT_EQ(node_.ask("POST", retention, admin)->head->status, 200);
  pass(60'000);
  const std::string all = read("/a?offset=-1");
  EXPECT_NE(all, "one two three ") << "nothing was dropped";
  EXPECT_TRUE(all.ends_with("three ")) << all;
  EXPECT_EQ(status("GET", "/a?offset=" + offset_text(0)), 410);
  EXPECT_EQ(status("GET", "/a?live=sse&offset=" + offset_text(0)), 410);
  EXPECT_EQ(status("GET", "/a?live=long-poll&offset=" + offset_text(0)), 410);
  EXPECT_EQ(read("/a?offset=" + offset_text(2)), "three ");
}

// ---- forks

class ApiForks : public ApiStreams {
 protected:
  void fork(const std::string& path, const std::string& source, const std::string& offset = {},
            const std::string& sub = {}) {
    std::string headers = "Stream-Forked-From: /streams/w" + source + "\r\n";
    if (!offset.empty()) headers += "Stream-Fork-Offset: " + offset + "\r\n";
    if (!sub.empty()) headers += "Stream-Fork-Sub-Offset: " + sub + "\r\n";
    put(path, headers);
  }
};

TEST_F(ApiForks, AForkReadsItsSourceAndGoesItsOwnWay) {
  put("/a", kPlainText, "one ");
  const std::string offset = append("/a", "two ");
  append("/a", "three ");
  fork("/f", "/a", offset);
  append("/f", "FOUR ");
  append("/a", "four ");
  EXPECT_EQ(read("/f"), "one two FOUR ");
  EXPECT_EQ(read("/a"), "one two three four ");
  EXPECT_EQ(read("/f?offset=" + offset), "FOUR ");
  // From a place in its source on.
  fork("/g", "/f", offset_text(1));
  EXPECT_EQ(read("/g"), "one ");
}

TEST_F(ApiForks, PartsOfAnAppendAndForksOfForks) {
  put("/a", kPlainText, "0123");
  append("/a", "456789");
  fork("/f", "/a", offset_text(1), "4");
  EXPECT_EQ(read("/f"), "01234567");
  append("/f", "F");
  fork("/g", "/f", offset_text(1), "2");
  append("/g", "G");
  EXPECT_EQ(read("/g"), "012345G");
  fork("/h", "/g");
  append("/h", "H");
  EXPECT_EQ(read("/h"), "012345GH");
  EXPECT_EQ(status("PUT", "/x",
                   "Stream-Forked-From: /streams/w/f\r\nStream-Fork-Offset: " + offset_text(1) +
                       "\r\nStream-Fork-Sub-Offset: 5\r\n"),
            400);
}

TEST_F(ApiForks, ASourceStaysAsLongAsAForkNeedsIt) {
  put("/a", kPlainText, "a");
  fork("/f", "/a");
  append("/f", "f");
  fork("/g", "/f");
  EXPECT_EQ(status("DELETE", "/a"), 204);
  EXPECT_EQ(status("DELETE", "/f"), 204);
  for (const char* path : {"/a", "/f"}) {
    EXPECT_EQ(status("GET", path), 410);
    EXPECT_EQ(status("POST", path, kPlainText, "x"), 410);
    EXPECT_EQ(status("PUT", path, kPlainText), 409);
    EXPECT_EQ(status("DELETE", path), 410);
  }
  EXPECT_EQ(status("PUT", "/h", "Stream-Forked-From: /streams/w/a\r\n"), 409);
  EXPECT_EQ(read("/g"), "af");
  EXPECT_EQ(status("DELETE", "/g"), 204);
  for (const char* path : {"/a", "/f", "/g"}) EXPECT_EQ(status("GET", path), 404);
  put("/a", kPlainText, "again");
  EXPECT_EQ(read("/a"), "again");
}

// What a crash between the two steps leaves: the source knows of a fork that is not there.
TEST_F(ApiForks, AForkThatNeverCameKeepsNothing) {
  put("/a", kPlainText, "a");
  put("/f", kJsonType);  // the name is taken by another stream
  EXPECT_EQ(status("PUT", "/f", "Stream-Forked-From: /streams/w/a\r\n"), 409);
  EXPECT_EQ(status("DELETE", "/a"), 204);
  EXPECT_EQ(status("GET", "/a"), 404);
}

// Whatever of the two comes first, and however far it has come when the other begins: a fork that has begun has its content.
// It is a fork of a fork: so it has two sources to tell, and the one that hears first may be deleted before it begins. That one
// remembers forks that are gone, at which whoever deletes it looks after this one.
TEST_F(ApiForks, AForkAndTheDeletionOfItsSourceDoNotMissEachOther) {
  int refused = 0;
  int begun = 0;
  for (const bool fork_first : {true, false}) {
    bool over = false;
    for (int head_start = 0; !over; ++head_start) {
      const std::string number = std::to_string(head_start) + (fork_first ? "f" : "d");
      put("/a" + number, kPlainText, "a");
      fork("/m" + number, "/a" + number);
      append("/m" + number, "m");
      for (int i = 0; i < 20; ++i) {
        const std::string gone = "/z" + number + "-" + std::to_string(i);
        fork(gone, "/m" + number);
        EXPECT_EQ(status("DELETE", gone), 204);
      }
      const auto begin = [&](bool fork) {
        return node_.send(
            fork ? "PUT" : "DELETE", "/streams/w/" + (fork ? "f" + number : "m" + number),
            "Authorization: Bearer writer\r\n" +
                (fork ? "Stream-Forked-From: /streams/w/m" + number + "\r\n" : std::string()),
            other_loop());
      };
      const Answer first = begin(fork_first);
      for (int i = 0; i < head_start; ++i) node_.step();
      over = first->head.has_value();
      const Answer second = begin(!fork_first);
      node_.run();
      const Answer& fork = fork_first ? first : second;
      ASSERT_EQ((fork_first ? second : first)->head->status, 204) << number;
      if (fork->head->status == 201) {
        ++begun;
        EXPECT_EQ(status("GET", "/m" + number), 410) << number;
        EXPECT_EQ(read("/f" + number), "am") << number;
      } else {
        ++refused;
        EXPECT_TRUE(fork->head->status == 409 || fork->head->status == 404)
            << number << ": " << fork->head->status;
        EXPECT_EQ(status("GET", "/f" + number), 404) << number;
      }
    }
  }
  EXPECT_GT(begun, 2);
  EXPECT_GT(refused, 2);
}

TEST_F(ApiForks, ForksThatWereDeletedMakeRoomForOthers) {
  put("/a", kPlainText, "a");
  for (std::size_t i = 0; i < streams::kMostForks; ++i) fork("/f" + std::to_string(i), "/a");
  EXPECT_EQ(status("PUT", "/more", "Stream-Forked-From: /streams/w/a\r\n"), 413);
  EXPECT_EQ(status("DELETE", "/f7"), 204);
  fork("/more", "/a");
  EXPECT_EQ(read("/more"), "a");
  EXPECT_EQ(status("PUT", "/too-many", "Stream-Forked-From: /streams/w/a\r\n"), 413);
}

// ---- the log of a workspace

TEST_F(ApiStreams, TheLogOfAWorkspaceIsAStream) {
  Typist typist(1);
  node_.change("w", "plan", typist.type("x"));
  put("/a", kPlainText, "y");
  const Answer page = ask("GET", "?offset=-1", {}, {}, "reader");
  EXPECT_EQ(page->header("Content-Type"), "application/json");
  EXPECT_EQ(page->body.find(R"([{"position":1,)"), 0U) << page->body;
  EXPECT_NE(page->body.find(R"(},{"position":2,)"), std::string::npos);
  EXPECT_EQ(page->body.back(), ']');
  EXPECT_EQ(page->header("Stream-Next-Offset"), offset_text(2));
  EXPECT_EQ(page->header("Stream-Up-To-Date"), "true");
  EXPECT_EQ(ask("GET", "?offset=now", {}, {}, "reader")->body, "[]");
  EXPECT_EQ(ask("HEAD", "", {}, {}, "reader")->header("Stream-Next-Offset"), offset_text(2));
  for (const char* method : {"PUT", "POST", "DELETE"})
    EXPECT_EQ(status(method, "", kJsonType, "1", "admin"), 405);
  // Without the right to the history, only the fact.
  EXPECT_EQ(ask("GET", "?offset=" + offset_text(1), {}, {}, "looker")->body,
            R"([{"position":2,"object":"a","type":"stream"}])");
  EXPECT_EQ(shard().feeds.size(), 0U);
}

TEST_F(ApiStreams, TheLogOfAWorkspaceCanBeFollowed) {
  put("/a", kPlainText, "y");
  const Answer waits = ask("GET", "?offset=now&live=long-poll", {}, {}, "looker");
  const Answer feed = ask("GET", "?offset=-1&live=sse", {}, {}, "looker");
  EXPECT_FALSE(waits->head);
  append("/a", "z");
  ASSERT_TRUE(waits->head);
  EXPECT_EQ(waits->body, R"([{"position":2,"object":"a","type":"stream"}])");
  EXPECT_NE(feed->body.find("event: data\ndata:[{\"position\":1,"), std::string::npos);
  EXPECT_NE(feed->body.find("event: data\ndata:[{\"position\":2,"), std::string::npos)
      << feed->body;
  EXPECT_NE(feed->body.find(R"("upToDate":true)"), std::string::npos);

  const Answer in_vain = ask("GET", "?offset=now&live=long-poll", {}, {}, "looker");
  pass(21'000);
  ASSERT_TRUE(in_vain->head);
  EXPECT_EQ(in_vain->head->status, 204);
  pass(40'000);
  EXPECT_TRUE(feed->ended);
  EXPECT_EQ(shard().feeds.size(), 0U);
}

}  // namespace
}  // namespace syncline::api
