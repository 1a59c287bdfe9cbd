// What the HTTP API gives to workers: for whom, and how urgent it is; and how large an answer may be.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "api/streaming.h"
#include "limits/who.h"
#include "protocol/event_json.h"
#include "support/fake_exchange.h"
#include "support/hand_jobs.h"
#include "support/test_api.h"
#include "support/virtual_loop.h"

namespace syncline::api {
namespace {

using testing::HandJobs;
using testing::TestApi;
using testing::Typist;

class ApiJobs : public ::testing::Test {
 protected:
  void SetUp() override {
    node.change("w", "large", Typist(1).type("text"));
    while (!jobs.waiting().empty()) {
      jobs.run_next(*node.loops[0], node.shards->at(0)->sources);
      node.run();
    }
  }

  // The order of the job for this request, which remains without an answer.
  state::JobOrder order_of(const std::string& method, const std::string& target,
                           const std::string& peer) {
    node.peer = peer;
    const auto answer = node.ask(method, target, "Authorization: Bearer full\r\n");
    EXPECT_FALSE(answer->head) << target;
    EXPECT_FALSE(jobs.waiting().empty()) << target;
    if (jobs.waiting().empty()) return {};
    state::JobOrder order = jobs.next();
    jobs = HandJobs();
    node.run();
    return order;
  }

  HandJobs jobs;
  // Every object is large.
  TestApi node{identity::Access({{"full", {.id = "ann"}}}),
               1,
               nullptr,
               &jobs,
               {.bytes = 100'000, .memory = 1}};
};

// So nobody in one network takes the turns of those with the same token elsewhere.
TEST_F(ApiJobs, AnswersAreCountedByTokenAndNetwork) {
  for (const auto& [method, target] :
       {std::pair{"GET", "/v1/workspaces/w/objects/large"},
        std::pair{"GET", "/v1/workspaces/w/changes/large"},
        std::pair{"GET", "/v1/workspaces/w/blame/large"},
        std::pair{"GET", "/v1/workspaces/w/state?at=1"},
        std::pair{"GET", "/v1/workspaces/w/export"},
        std::pair{"POST", "/v1/workspaces/w/restore/large?at=1&confirm=w"}}) {
    const state::JobOrder order = order_of(method, target, "203.0.113.5:1");
    EXPECT_EQ(order.kind, state::JobOrder::kAnswer) << target;
    EXPECT_TRUE(order.asker.starts_with("ann@")) << target << ": " << order.asker;
    EXPECT_EQ(order_of(method, target, "203.0.113.5:2").asker, order.asker) << target;
    EXPECT_NE(order_of(method, target, "203.0.113.6:1").asker, order.asker) << target;
  }
}

// The JSON of a binary value is 14 times as large as the value.
TEST(ApiAnswer, AStateThatWouldBeTooLargeIsRefusedAndItsUpdateIsServed) {
  TestApi node;
  crdt::Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.map("m").set("binary", Bytes(6 << 20, std::uint8_t{200})));
  node.change("w", "large", doc.encode_state_as_update());
  const std::string path = "/v1/workspaces/w/objects/large";
  const auto refused = node.ask("GET", path);
  EXPECT_EQ(refused->head->status, 413);
  EXPECT_LT(refused->body.size(), 1000u);
  const auto served = node.ask("GET", path, "Accept: application/octet-stream\r\n");
  EXPECT_EQ(served->head->status, 200);
  EXPECT_GT(served->body.size(), std::size_t{6} << 20);
}

class ApiPieces : public ::testing::Test {
 protected:
  // The text has 12 MiB, the value 1.
  void SetUp() override {
    ASSERT_TRUE(doc.map("m").set("binary", Bytes(1 << 20, std::uint8_t{200})));
    node.change("w", "large", doc.encode_state_as_update());
    node.answers_are_read = false;
  }

  void let_time_pass() {
    for (int i = 0; i < 10; ++i) {
      node.loops[0]->advance(1000);
      node.run();
    }
  }
  std::uint64_t held() const { return node.memory.used(MemoryUse::kAnswers); }

  TestApi node;
  crdt::Doc doc{{.client_id = 1}};
  const std::string path = "/v1/workspaces/w/objects/large";
};

TEST_F(ApiPieces, OfAStateNoMoreIsMadeThanItsReaderTakes) {
  for (const char* moment : {"", "?at=1", "?root=m"}) {
    const auto text = node.ask("GET", path + moment);
    let_time_pass();
    EXPECT_EQ(text->head->status, 200) << moment;
    EXPECT_FALSE(text->ended);
    EXPECT_GT(text->body.size(), std::size_t{1} << 20);
    EXPECT_LT(text->body.size(), std::size_t{1500} << 10) << "1 MiB, and a piece";
    EXPECT_GT(held(), std::size_t{1} << 20) << "the value";
    EXPECT_LT(held(), std::size_t{1100} << 10) << "and not the text";
    text->is_read = true;
    for (int i = 0; i < 20 && !text->ended; ++i) let_time_pass();
    EXPECT_TRUE(text->ended);
    EXPECT_EQ(text->head->length, text->body.size());
    EXPECT_TRUE(text->body.ends_with(":200}}}}\n") || text->body.ends_with(":200}}}\n"))
        << text->body.substr(text->body.size() - 10);
    EXPECT_EQ(held(), 0U);
  }
}

TEST_F(ApiPieces, AnUpdateIsSentInPiecesThatShareItsBytes) {
  ASSERT_TRUE(doc.map("m").set("more", Bytes(3 << 20, std::uint8_t{200})));
  node.change("w", "large", doc.encode_state_as_update());
  const auto update = node.ask("GET", path, "Accept: application/octet-stream\r\n");
  let_time_pass();
  EXPECT_EQ(update->head->status, 200);
  EXPECT_LT(update->body.size(), std::size_t{1500} << 10);
  EXPECT_GT(held(), std::size_t{3} << 20);
  update->is_read = true;
  let_time_pass();
  EXPECT_TRUE(update->ended);
  EXPECT_EQ(update->body.size(), doc.encode_state_as_update().size());
  EXPECT_EQ(update->head->length, update->body.size());
  EXPECT_EQ(held(), 0U);
}

TEST_F(ApiPieces, NothingIsMadeOrHeldForAReaderThatHasLeft) {
  const auto text = node.ask("GET", path);
  let_time_pass();
  text->closed = true;
  let_time_pass();
  EXPECT_EQ(held(), 0U);
  EXPECT_LT(text->body.size(), std::size_t{1500} << 10);
  EXPECT_TRUE(text->aborted);
}

TEST(ApiAnswer, WhileOthersFillThePartOfAnswersOnlyLargeOnesAreRefused) {
  struct NoJobs final : state::Jobs {
    void start(state::JobOrder, Work) override {}
  } jobs;
  testing::VirtualLoop loop;
  MemoryCell full(1000);
  full.change(0, 5000);
  const auto status_of = [&](std::size_t held) {
    auto [responder, answer] = testing::fake_responder(loop);
    stream(std::move(responder), {}, {}, nullptr, held,
           {.jobs = jobs, .order = {}, .memory = lasting(&full), .head_only = true});
    loop.run();
    return answer->head->status;
  };
  EXPECT_EQ(status_of(100'000), 200);
  EXPECT_EQ(status_of(3 << 20), 503);
}

TEST_F(ApiPieces, OfAHeadNoPieceIsMade) {
  const auto head = node.ask("HEAD", path);
  let_time_pass();
  EXPECT_EQ(head->head->status, 200);
  EXPECT_TRUE(head->ended);
  EXPECT_GT(head->head->length, std::size_t{12} << 20);
  EXPECT_EQ(head->body, "");
}

TEST(ApiAnswer, ABlameIsMadeAsItsReaderTakesIt) {
  TestApi node;
  std::deque<Typist> typists;
  for (crdt::ClientId client = 1; client <= 2; ++client) typists.emplace_back(client);
  for (int i = 0; i < 4000; ++i)
    node.change("w", "o", typists[static_cast<std::size_t>(i % 2)].type(std::string(400, 'x')));
  const auto whole = node.ask("GET", "/v1/workspaces/w/blame/o");
  node.answers_are_read = false;
  const auto slow = node.ask("GET", "/v1/workspaces/w/blame/o");
  EXPECT_FALSE(slow->ended);
  EXPECT_GT(node.memory.used(MemoryUse::kAnswers), 0u);
  slow->is_read = true;
  for (int i = 0; i < 10; ++i) {
    node.loops[0]->advance(1000);
    node.run();
  }
  EXPECT_TRUE(slow->ended);
  EXPECT_EQ(slow->body, whole->body);
  const auto json = crdt::from_json(slow->body);
  ASSERT_TRUE(json);
  const auto& texts = std::get<crdt::Any::Array>(json->find("texts")->value());
  EXPECT_EQ(std::get<crdt::Any::Array>(texts.at(0).find("runs")->value()).size(), 4000u);
}

// A worker that makes pieces when the test says so.
class ApiPiecesByHand : public ::testing::Test {
 protected:
  void SetUp() override {
    crdt::Doc doc({.client_id = 1});
    ASSERT_TRUE(doc.map("m").set("binary", Bytes(100'000, std::uint8_t{200})));
    node.change("w", "large", doc.encode_state_as_update());
    while (!jobs.waiting().empty()) work();
    text = node.ask("GET", "/v1/workspaces/w/objects/large");
    work();
    ASSERT_EQ(jobs.waiting().size(), 1u) << "the next piece";
  }

  void work() {
    jobs.run_next(*node.loops[0], node.shards->at(0)->sources);
    node.run();
  }

  HandJobs jobs;
  TestApi node{{}, 1, nullptr, &jobs, {.memory = 1}};
  std::shared_ptr<testing::FakeAnswer> text;
};

// Its asker has too many jobs at that moment, and none of its answers is broken off for that.
TEST_F(ApiPiecesByHand, APieceThatIsRefusedIsMadeLater) {
  for (int i = 0; i < 3; ++i) {
    jobs.refuse_next();
    node.run();
    EXPECT_FALSE(text->aborted);
    EXPECT_TRUE(jobs.waiting().empty());
    node.loops[0]->advance(1000);
    node.run();
    ASSERT_EQ(jobs.waiting().size(), 1u);
  }
  while (!jobs.waiting().empty()) work();
  EXPECT_TRUE(text->ended);
  EXPECT_EQ(text->head->length, text->body.size());
}

// A worker frees it, because that may take long.
TEST_F(ApiPiecesByHand, WhatAReaderThatHasLeftWasToGetCountsUntilItIsFreed) {
  text->closed = true;
  work();
  ASSERT_EQ(jobs.waiting().size(), 1u);
  EXPECT_GT(node.memory.used(MemoryUse::kAnswers), 100'000u);
  work();
  EXPECT_TRUE(jobs.waiting().empty());
  EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
}

// Of a page of states, which has about 4 MiB, a slow reader gets no more made than he takes.
TEST(ApiAnswer, APageOfStatesIsMadeAsItsReaderTakesIt) {
  TestApi node;
  for (int i = 0; i < 12; ++i)
    node.change("w", fmt::format("o{:02}", i),
                Typist(1).type(std::string(std::size_t{400} << 10, 'x')));
  const auto whole = node.ask("GET", "/v1/workspaces/w/state");
  EXPECT_TRUE(whole->ended);
  node.answers_are_read = false;
  const auto slow = node.ask("GET", "/v1/workspaces/w/state");
  for (int i = 0; i < 10; ++i) {
    node.loops[0]->advance(1000);
    node.run();
  }
  EXPECT_EQ(slow->head->status, 200);
  EXPECT_FALSE(slow->ended);
  EXPECT_LT(slow->body.size(), std::size_t{1500} << 10) << "1 MiB, and a piece";
  EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
  slow->is_read = true;
  for (int i = 0; i < 10; ++i) {
    node.loops[0]->advance(1000);
    node.run();
  }
  EXPECT_TRUE(slow->ended);
  EXPECT_EQ(slow->body, whole->body);
  const auto json = crdt::from_json(slow->body);
  ASSERT_TRUE(json);
  EXPECT_EQ(std::get<crdt::Any::Array>(json->find("objects")->value()).size(), 11u)
      << "4 MiB, and the object with which they were full";
  const auto head = node.ask("HEAD", "/v1/workspaces/w/state");
  EXPECT_EQ(head->head->status, 200);
  EXPECT_TRUE(head->ended);
  EXPECT_EQ(head->body, "");
  const auto rest = node.ask("GET", "/v1/workspaces/w/state?after=o10");
  EXPECT_TRUE(rest->body.ends_with("\"unreadable\":[],\"next\":null}\n"));
  EXPECT_EQ(rest->body.find("\"object\":\"o10\""), std::string::npos);
  EXPECT_NE(rest->body.find("\"object\":\"o11\""), std::string::npos);
}

// From the loop that owns the workspace to the loop of the connection.
TEST(ApiAnswer, ItIsChargedToItsPrincipalOnItsWay) {
  TestApi node(identity::Access({{"full", {.id = "ann"}}}), 2);
  node.peer = "203.0.113.5:1";
  std::string workspace = "w";
  while (node.owner_of(workspace) != 1) workspace += "w";
  node.change(workspace, "o", Typist(1).type(std::string(10'000, 'x')));
  const SharedAccount ann = node.accounts.account_of(limits::who_is({.id = "ann"}, node.peer));
  const auto answer = node.send("GET", "/v1/workspaces/" + workspace + "/objects/o",
                                "Authorization: Bearer full\r\n");
  for (int i = 0; i < 3; ++i)
    for (auto& loop : node.loops)
      if (node.memory.used(MemoryUse::kAnswers) == 0) loop->run();
  EXPECT_FALSE(answer->head);
  EXPECT_GE(ann->cell(MemoryUse::kAnswers).used(), 10'000u);
  EXPECT_LT(ann->cell(MemoryUse::kAnswers).used(), 10'200u);
  node.run();
  EXPECT_EQ(answer->head->status, 200);
  EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
}

// However large the workspace is.
TEST(ApiAnswer, OfAnExportNoMoreIsMadeThanItsReaderTakes) {
  TestApi node;
  Typist typist(1);
  for (int i = 0; i < 12; ++i) node.change("w", "o", typist.type(std::string(1 << 20, 'x')));
  node.answers_are_read = false;
  const auto file = node.ask("GET", "/v1/workspaces/w/export");
  for (int i = 0; i < 10; ++i) {
    node.loops[0]->advance(1000);
    node.run();
  }
  EXPECT_EQ(file->head->status, 200);
  EXPECT_FALSE(file->ended);
  EXPECT_GT(file->body.size(), std::size_t{4} << 20);
  EXPECT_LT(file->body.size(), std::size_t{7} << 20)
      << "4 MiB, and the piece with which it was more";
  EXPECT_GT(node.memory.used(MemoryUse::kAnswers), std::size_t{4} << 20) << "until they are sent";
  EXPECT_LE(node.memory.used(MemoryUse::kAnswers), file->body.size());
  file->is_read = true;
  node.loops[0]->advance(1000);
  node.run();
  EXPECT_TRUE(file->ended);
  EXPECT_GT(file->body.size(), std::size_t{12} << 20);
  EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
}

// A worker that counts the memory of its jobs. reset() it before the loop of the node ends.
struct CountingJobs final : state::Jobs {
  void start(state::JobOrder order, Work work) override {
    worker->take(std::move(order), std::move(work));
  }
  void begin(TestApi& node, std::shared_ptr<state::AnswerRoom> room) {
    worker = std::make_unique<state::Worker>(
        *node.loops[0], state::ReplaySources(*node.shards->at(0)->store, node::known_types()),
        counters, state::JobLimits{}, std::move(room));
  }

  state::JobCounters counters;
  std::unique_ptr<state::Worker> worker;
};

// What a job has read, and the copy that it has made, is charged to the same principal.
TEST(ApiAnswer, WhatItsOwnJobHoldsIsNoReasonToRefuseIt) {
  CountingJobs jobs;
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  TestApi node(identity::Access({{"full", {.id = "ann"}}}), 1, nullptr, &jobs, {},
               {0, 0, 0, 0, 0, 2 * kMiB, 0});
  jobs.begin(node, std::make_shared<state::AnswerRoom>(node.memory.cell(MemoryUse::kAnswers)));
  crdt::Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.map("m").set("binary", Bytes(3 * kMiB, std::uint8_t{200})));
  node.change("w", "large", doc.encode_state_as_update());
  for (const char* moment : {"", "?at=1"}) {
    const auto answer =
        node.ask("GET", std::string("/v1/workspaces/w/objects/large") + moment,
                 "Authorization: Bearer full\r\nAccept: application/octet-stream\r\n");
    EXPECT_EQ(answer->head->status, 200) << moment << answer->body.substr(0, 200);
    EXPECT_TRUE(answer->ended);
    EXPECT_GT(answer->body.size(), 3 * kMiB);
    EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
  }
  jobs.worker.reset();
}

// On a server that has memory for small events only.
TEST(ApiAnswer, WhatIsReadOfTheLogIsCharged) {
  CountingJobs jobs;
  TestApi node({}, 1, nullptr, &jobs);
  jobs.begin(node, std::make_shared<state::AnswerRoom>(node.memory.cell(MemoryUse::kAnswers),
                                                       &node.memory));
  Typist typist(1);
  node.change("w", "o", typist.type("a"));
  const std::string then = protocol::time_text(node.loops[0]->unix_ms());
  node.loops[0]->advance(1000);
  node.change("w", "o", typist.type(std::string(std::size_t{2} << 20, 'x')));
  node.change("w", "other", Typist(2).type("b"));
  const auto status_of = [&](const char* method, const std::string& target) {
    return node.ask(method, "/v1/workspaces/w/" + target)->head->status;
  };
  EXPECT_EQ(status_of("GET", "log?limit=1"), 200);
  EXPECT_EQ(status_of("GET", "log?after=1"), 413);
  EXPECT_EQ(status_of("GET", "log?after=1&object=o"), 413);
  EXPECT_EQ(status_of("GET", "log?object=other"), 200);
  // The time is that of event 1, and event 2 must be read to find that out.
  for (const auto& [method, target] :
       {std::pair{"GET", "objects/o?at="}, std::pair{"GET", "state?at="},
        std::pair{"GET", "changes/o?to="}, std::pair{"GET", "blame/o?at="},
        std::pair{"PUT", "pins/p?at="}, std::pair{"POST", "restore/o?confirm=w&at="}}) {
    EXPECT_EQ(status_of(method, target + then), 413) << target;
    EXPECT_NE(status_of(method, target + std::string("1")), 413) << target;
  }
  EXPECT_EQ(node.memory.used(MemoryUse::kAnswers), 0u);
  jobs.worker.reset();
}

}  // namespace
}  // namespace syncline::api
