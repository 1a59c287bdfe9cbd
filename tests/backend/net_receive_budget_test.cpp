// What connections hold of what has not arrived completely is bounded, whoever sends it.
#include <fmt/format.h>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kMessage = std::size_t{1} << 20;

// Room for two buffers of the largest message.
ServerOptions small_budget() {
  ServerOptions options;
  options.max_message_bytes = kMessage;
  options.receive_bytes = 0;
  options.close_timeout_ms = 500;
  return options;
}

// The beginning of a message of `size` bytes, of which `sent` follow.
std::string unfinished(std::size_t size, std::size_t sent) {
  std::string frame("\x82\xff", 2);
  for (int i = 7; i >= 0; --i) frame += static_cast<char>(size >> (8 * i));
  return frame + "mask" + std::string(sent, 'x');
}

TEST(NetReceiveBudget, TheConnectionThatHoldsMostIsClosed) {
  TestServer test(small_budget());
  WsClient slow(test.port);  // has begun a small message long before, over a bad link
  slow.send(masked_frame(0x82, "slowly").substr(0, 9));
  ASSERT_TRUE(comes_true([&] { return test.server.counters().held_bytes > 0; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  WsClient honest(test.port);
  std::vector<std::unique_ptr<WsClient>> strangers;
  for (int i = 0; i < 8; ++i) {
    strangers.push_back(std::make_unique<WsClient>(test.port));
    strangers.back()->send(unfinished(kMessage, kMessage - 1000));
    honest.send_binary("still here");
    EXPECT_EQ(honest.take_frame().payload, "still here");
  }
  ASSERT_TRUE(comes_true([&] { return test.server.counters().shed >= 6; }));
  // What arrives in a turn is counted before the connection that holds most is closed.
  EXPECT_TRUE(comes_true([&] { return test.server.counters().held_bytes <= 2 * kMessage; }));
  int shed = 0;
  for (auto& stranger : strangers)
    shed += stranger->ended() && stranger->buffer.size() >= 4 &&
            stranger->buffer.substr(2, 2) == close_payload(1013);
  EXPECT_EQ(shed, static_cast<int>(test.server.counters().shed));
  honest.send_binary(std::string(kMessage, 'y'));  // the largest message still fits
  EXPECT_EQ(honest.take_frame().payload.size(), kMessage);
  slow.send(masked_frame(0x82, "slowly").substr(9));
  EXPECT_EQ(slow.take_frame().payload, "slowly");
  strangers.clear();
  EXPECT_TRUE(comes_true([&] { return test.server.counters().held_bytes == 0; }));
}

TEST(NetReceiveBudget, CountsWhatAPausedReaderAndARequestHold) {
  TestServer test(small_budget());
  RawClient request(test.port);
  request.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 500000\r\n\r\n" +
               std::string(400'000, 'b'));
  ASSERT_TRUE(comes_true([&] { return test.server.counters().held_bytes >= 400'000; }));
  request.send(std::string(100'000, 'b'));
  EXPECT_TRUE(request.take_response().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(comes_true([&] { return test.server.counters().held_bytes < 100'000; }));
}

// The handler has the body then, and may have it for long.
TEST(NetReceiveBudget, ABodyCountsAsLongAsItsHandlerHasIt) {
  MemoryBudget memory(1000 * kMessage, 1);
  ServerOptions options = small_budget();
  options.memory = &memory;
  std::mutex mutex;
  std::vector<std::pair<http::Request, http::Responder>> taken;
  TestServer test(options, 1, [&](http::Request request, http::Responder responder) {
    const std::lock_guard lock(mutex);
    taken.emplace_back(std::move(request), std::move(responder));
  });
  RawClient client(test.port);
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 500000\r\n\r\n" +
              std::string(500'000, 'b'));
  const auto arrived = [&] {
    const std::lock_guard lock(mutex);
    return !taken.empty();
  };
  ASSERT_TRUE(comes_true(arrived));
  ASSERT_TRUE(comes_true([&] { return test.server.counters().held_bytes < 100'000; }));
  EXPECT_GE(memory.used(MemoryUse::kReceiving), 500'000u);
  taken.front().second.respond(http::text_response(200, "ok"));
  taken.clear();
  EXPECT_TRUE(client.take_response().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(comes_true([&] { return memory.used(MemoryUse::kReceiving) == 0; }));
}

// The second request was held while the first one was answered.
TEST(NetReceiveBudget, WhatWasHeldOfAPipelineIsNotCountedAfterItsAnswers) {
  TestServer test(small_budget());
  RawClient pipeline(test.port);
  const std::string post = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10000\r\n\r\n";
  pipeline.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n" + post + std::string(10'000, 'b'));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(pipeline.take_response().starts_with("HTTP/1.1 200 ")) << i;
  EXPECT_TRUE(comes_true([&] { return test.server.counters().held_bytes == 0; }));
  EXPECT_EQ(test.server.counters().open, 1u) << "the connection is kept";
}

TEST(NetReceiveBudget, ARequestThatHoldsMostIsRefused) {
  ServerOptions options = small_budget();
  options.max_message_bytes = 100'000;
  options.http.body_bytes = kMessage;
  TestServer test(options);
  RawClient request(test.port);
  request.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n" +
               std::string(300'000, 'b'));
  const std::string response = request.take_until("\r\n\r\n");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 ")) << response;
  EXPECT_EQ(test.server.counters().shed, 1U);
}

// Just over a power of two, so that a buffer that doubles would take nearly twice as much.
TEST(NetReceiveBudget, ABodyTakesNoMoreRoomThanItsLength) {
  TestServer test(small_budget());
  RawClient request(test.port);
  request.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 600000\r\n\r\n" +
               std::string(599'999, 'b'));
  ASSERT_TRUE(comes_true([&] { return test.server.counters().held_bytes >= 599'999; }));
  EXPECT_LE(test.server.counters().held_bytes, 600'000u);
  request.send("b");
  EXPECT_TRUE(request.take_response().starts_with("HTTP/1.1 200 "));
}

// One account has several connections; another one is not closed for them.
TEST(NetReceiveBudget, AnAccountHasABudgetOfItsOwn) {
  AccountTable table({.principal = {0, 1'200'000, 0, 0, 0, 0}}, nullptr);
  const SharedAccount ann = table.account_of({.principal = "ann"});
  const SharedAccount bob = table.account_of({.principal = "bob"});
  ServerOptions options;
  options.knows = [](const http::Request&) { return true; };
  options.account_of = [&](const http::Request& request) {
    return request.raw_path == "/ann" ? ann : bob;
  };
  TestServer test(options);
  const auto begin = [&](const char* path) {
    auto request = std::make_unique<RawClient>(test.port);
    request->send(
        fmt::format("POST {} HTTP/1.1\r\nHost: t\r\nContent-Length: 500001\r\n\r\n", path) +
        std::string(500'000, 'b'));
    return request;
  };
  const auto held = [](const SharedAccount& account) {
    return account->cell(MemoryUse::kReceiving).used();
  };
  const auto of_bob = begin("/bob");
  ASSERT_TRUE(comes_true([&] { return held(bob) >= 500'000; }));
  const auto first = begin("/ann");
  ASSERT_TRUE(comes_true([&] { return held(ann) >= 500'000; }));
  const auto second = begin("/ann");
  ASSERT_TRUE(comes_true([&] { return held(ann) >= 1'000'000; }));
  EXPECT_EQ(test.server.counters().shed, 0U);
  const auto third = begin("/ann");
  EXPECT_TRUE(first->take_until("\r\n\r\n").starts_with("HTTP/1.1 503 ")) << "it held for longest";
  ASSERT_TRUE(comes_true([&] { return held(ann) >= 1'000'000; }));
  EXPECT_EQ(test.server.counters().shed, 1U);
  for (const auto& request : {&of_bob, &second, &third}) {
    (*request)->send("b");
    EXPECT_TRUE((*request)->take_response().starts_with("HTTP/1.1 200 "));
  }
  EXPECT_TRUE(comes_true([&] { return held(ann) == 0 && held(bob) == 0; }));
}

// While memory is short, less than the budget is too much, but not at once.
TEST(NetReceiveBudget, WhileMemoryIsShortWhoHoldsMuchForLongIsClosed) {
  MemoryBudget memory(1000, 1);
  ServerOptions options = small_budget();
  options.memory = &memory;
  options.head_timeout_ms = 200;  // so that the tick is fine
  options.body_timeout_ms = 60'000;
  TestServer test(options);
  memory.set_resident(900);
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<WsClient>> strangers;
  for (int i = 0; i < 2; ++i) {
    strangers.push_back(std::make_unique<WsClient>(test.port));
    strangers.back()->send(unfinished(kMessage, 300'000));
  }
  ASSERT_TRUE(comes_true([&] { return test.server.counters().shed > 0; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_EQ(strangers.front()->take_close_code(), 1013) << "the first one";
  sleep_ms(300);
  EXPECT_EQ(test.server.counters().shed, 1u) << "the other one is alone now";
}

TEST(NetReceiveBudget, WhileMemoryIsShortWhoSendsSomethingLargeAloneIsNotClosed) {
  MemoryBudget memory(1000, 1);
  ServerOptions options = small_budget();
  options.memory = &memory;
  options.head_timeout_ms = 200;
  TestServer test(options);
  memory.set_resident(900);
  WsClient alone(test.port);
  const std::string message = masked_frame(0x82, std::string(900'000, 'y'));
  alone.send(message.substr(0, 800'000));
  sleep_ms(2500);
  EXPECT_EQ(test.server.counters().shed, 0u);
  EXPECT_GE(memory.used(MemoryUse::kReceiving), 800'000u);
  alone.send(message.substr(800'000));
  EXPECT_EQ(alone.take_frame().payload.size(), 900'000u);
}

// A stranger who is refused may go on sending until he has closed his side, too.
TEST(NetReceiveBudget, OfMessagesThatComeAfterOurCloseNothingIsHeld) {
  ServerOptions options = small_budget();
  options.close_timeout_ms = 10'000;
  TestServer test(options);
  WsClient client(test.port);
  client.send_binary("close 4401");
  EXPECT_EQ(client.take_close_code(), 4401);
  const std::uint64_t before = test.server.counters().bytes_in;
  client.send(unfinished(kMessage, 900'000));
  ASSERT_TRUE(comes_true([&] { return test.server.counters().bytes_in >= before + 900'000; }));
  EXPECT_LT(test.server.counters().held_bytes, 4096u);
}

// One who has no token sends little before he is asked for it.
TEST(NetReceiveBudget, ALargeBodyNeedsASenderWhoIsKnown) {
  ServerOptions options;
  options.knows = [](const http::Request& request) {
    return request.headers.find("Authorization").value_or("") == "Bearer good";
  };
  const auto refuse_strangers = [&](http::Request request, http::Responder responder) {
    responder.respond(
        options.knows(request) || request.body == "hello"
            ? http::text_response(200, request.body)
            : http::error_response(401, "unauthorized", std::to_string(request.body.size())));
  };
  TestServer test(options, 1, refuse_strangers);
  const std::string large(options.stranger_body_bytes + 1, 'b');
  const std::string length = "Content-Length: " + std::to_string(large.size()) + "\r\n";
  const std::string known = "POST / HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer good\r\n";
  const std::string unknown = "POST / HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer bad\r\n";

  RawClient bad(test.port);
  bad.send(unknown + length + "\r\n");  // refused before the body
  const std::string refused = bad.take_response();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 401 ")) << refused;
  EXPECT_TRUE(refused.ends_with("\"0\"}}")) << refused;
  EXPECT_TRUE(bad.ended());

  const auto chunk = [&](std::size_t size) {
    return fmt::format("{:x}\r\n{}\r\n", size, std::string(size, 'b'));
  };
  RawClient chunked(test.port);
  chunked.send(unknown + "Transfer-Encoding: chunked\r\n\r\n" + chunk(60'000) + chunk(10'000));
  EXPECT_TRUE(chunked.take_response().starts_with("HTTP/1.1 401 "));

  RawClient good(test.port);
  good.send(known + length + "\r\n" + large);
  EXPECT_TRUE(good.take_response().starts_with("HTTP/1.1 200 "));
  good.send(known + "Transfer-Encoding: chunked\r\n\r\n" + chunk(60'000) + chunk(10'000) +
            "0\r\n\r\n");
  EXPECT_TRUE(good.take_response().starts_with("HTTP/1.1 200 "));

  RawClient small(test.port);
  small.send(unknown + "Content-Length: 5\r\n\r\nhello");  // the application decides
  EXPECT_TRUE(small.take_response().starts_with("HTTP/1.1 200 "));
}

// An application that judges tokens is asked before the body is read (--auth-webhook).
TEST(NetReceiveBudget, ALargeBodyWaitsUntilItsSenderIsKnown) {
  ServerOptions options;
  options.knows = [](const http::Request&) { return false; };
  std::mutex mutex;
  std::vector<std::move_only_function<void(bool)>> questions;
  options.ask = [&](const http::Request& request, std::move_only_function<void(bool)> done) {
    if (request.path == "/now") return done(true);
    const std::scoped_lock lock(mutex);
    questions.push_back(std::move(done));
  };
  const auto say_size = [](http::Request request, http::Responder responder) {
    responder.respond(http::text_response(200, std::to_string(request.body.size())));
  };
  TestServer test(options, 1, say_size);
  const auto answer = [&](bool known) {
    ASSERT_TRUE(comes_true([&] {
      const std::scoped_lock lock(mutex);
      return !questions.empty();
    }));
    const std::scoped_lock lock(mutex);
    questions.back()(known);
    questions.pop_back();
  };
  const std::string large(options.stranger_body_bytes + 1, 'b');
  const std::string size = std::to_string(large.size());
  const auto post = [&](const std::string& path, const std::string& more) {
    return "POST " + path + " HTTP/1.1\r\nHost: t\r\n" + more + "\r\n";
  };
  const std::string length = "Content-Length: " + size + "\r\n";

  RawClient client(test.port);
  client.send(post("/later", length) + large);
  answer(true);
  std::string response = client.take_response();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 ") && response.ends_with(size)) << response;
  client.send(post("/now", length) + large);
  response = client.take_response();
  EXPECT_TRUE(response.ends_with(size)) << response;
  // All chunks may have come before the answer.
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n", large.size(), large);
  client.send(post("/later", "Transfer-Encoding: chunked\r\n") + chunk + "0\r\n\r\n");
  answer(true);
  response = client.take_response();
  EXPECT_TRUE(response.ends_with(size)) << response;
  client.send(post("/later", length + "Expect: 100-continue\r\n"));
  answer(true);
  EXPECT_TRUE(client.take_response().starts_with("HTTP/1.1 100 "));
  client.send(large);
  EXPECT_TRUE(client.take_response().ends_with(size));

  client.send(post("/later", length) + large.substr(1000));
  answer(false);
  response = client.take_response();
  EXPECT_TRUE(response.ends_with("0")) << "the application refuses him as it does strangers";
  EXPECT_TRUE(client.ended());
  // One who leaves meanwhile is forgotten.
  {
    RawClient gone(test.port);
    gone.send(post("/later", length));
    ASSERT_TRUE(comes_true([&] {
      const std::scoped_lock lock(mutex);
      return !questions.empty();
    }));
  }
  answer(true);
}

}  // namespace
}  // namespace syncline::backend
