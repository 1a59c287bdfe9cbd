#include "http/exchange.h"

#include <gtest/gtest.h>

#include <thread>

#include "log/test_loop.h"
#include "support/fake_exchange.h"

namespace syncline::http {
namespace {

using testing::fake_responder;
using testing::TestLoop;

TEST(HttpExchange, AnAnswerFromAnotherThreadIsGivenOnTheConnectionsLoop) {
  TestLoop loop;
  auto [responder, answer] = fake_responder(loop);
  std::thread([&, taken = std::move(responder)]() mutable {
    taken.add_header("Vary", "Origin");
    taken.respond(text_response(200, "hello"));
  }).join();
  EXPECT_FALSE(answer->head);
  loop.drain();
  ASSERT_TRUE(answer->ended);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->header("vary"), "Origin");
}

TEST(HttpExchange, WhatIsDroppedIsAnsweredAllTheSame) {
  TestLoop loop;
  std::shared_ptr<testing::FakeAnswer> answer;
  {
    auto [responder, given] = fake_responder(loop);
    answer = given;
  }
  loop.drain();
  ASSERT_TRUE(answer->ended);
  EXPECT_EQ(answer->head->status, 500);
}

// Then it is queued, and counts as that.
TEST(HttpExchange, AnAnswerIsChargedOnItsWayToTheConnectionsLoop) {
  TestLoop loop;
  MemoryCell cell;
  auto [responder, answer] = fake_responder(loop);
  responder.charge_to(lasting(&cell));
  std::thread([taken = std::move(responder)]() mutable {
    taken.respond(text_response(200, std::string(10'000, 'x')));
  }).join();
  EXPECT_EQ(cell.used(), 10'000u);
  loop.drain();
  ASSERT_TRUE(answer->ended);
  EXPECT_EQ(cell.used(), 0u);
}

TEST(HttpExchange, AStreamThatIsDroppedIsBrokenOff) {
  TestLoop loop;
  auto [responder, answer] = fake_responder(loop);
  loop.post([&, taken = std::move(responder)]() mutable {
    Stream stream = taken.begin(text_response(200, ""));
    stream.write("piece");
  });
  loop.drain();
  EXPECT_EQ(answer->body, "piece");
  EXPECT_TRUE(answer->aborted);
  EXPECT_FALSE(answer->ended);
}

TEST(HttpExchange, AHeldResponseLeavesWhenItMay) {
  TestLoop loop;
  auto [responder, answer] = fake_responder(loop);
  int seen = 0;
  Task send;
  responder.hold([&](int status, Task task) {
    seen = status;
    send = std::move(task);
  });
  responder.respond(text_response(202, "soon"));
  loop.drain();
  EXPECT_EQ(seen, 202);
  EXPECT_FALSE(answer->head.has_value());
  send();
  loop.drain();
  ASSERT_TRUE(answer->head.has_value());
  EXPECT_EQ(answer->head->status, 202);
}

// Whoever holds it may be gone by then.
TEST(HttpExchange, AnObligationThatIsGivenUpIsNotHeld) {
  TestLoop loop;
  auto [responder, answer] = fake_responder(loop);
  bool asked = false;
  responder.hold([&](int, Task) { asked = true; });
  { const Responder dropped = std::move(responder); }
  loop.drain();
  EXPECT_FALSE(asked);
  ASSERT_TRUE(answer->head.has_value());
  EXPECT_EQ(answer->head->status, 500);
}

}  // namespace
}  // namespace syncline::http
