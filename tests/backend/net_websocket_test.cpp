#include "backend/net_support.h"

namespace syncline::backend {
namespace {

ServerOptions quick() {
  ServerOptions options;
  options.head_timeout_ms = 200;
  options.close_timeout_ms = 200;
  options.max_message_bytes = 1 << 20;
  return options;
}

TEST(NetWebSocket, AnswersTheHandshakeAndEchoes) {
  TestServer test;
  WsClient client(test.port);
  ASSERT_TRUE(client.open()) << client.response;
  // The example of RFC 6455 section 1.3.
  EXPECT_NE(client.response.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  for (const std::size_t size : {0, 1, 125, 126, 127, 65535, 65536, 300'000}) {
    const std::string payload(size, 'p');
    client.send_binary(payload);
    const ServerFrame frame = client.take_frame();
    EXPECT_EQ(frame.first, 0x82);
    EXPECT_EQ(frame.payload, payload);
  }
  client.send(masked_frame(0x88, close_payload(1000)));
  EXPECT_EQ(client.take_close_code(), 1000);
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(test.journal.wait_for("destroyed"));
  EXPECT_EQ(test.journal.count("closed 1000"), 1);
}

TEST(NetWebSocket, TakesFrameAndHandshakeInOneSegment) {
  TestServer test;
  RawClient client(test.port);
  client.send(
      "GET / HTTP/1.1\r\nHost: t\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      masked_frame(0x82, "early"));
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.take(7), std::string("\x82\x05") + "early");
}

TEST(NetWebSocket, TakesFramesByteByByteAndFragmented) {
  TestServer test;
  WsClient client(test.port);
  for (const char c : masked_frame(0x82, "slowly")) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.take_frame().payload, "slowly");
  client.send(masked_frame(0x02, "a") + masked_frame(0x00, "") + masked_frame(0x89, "ping") +
              masked_frame(0x80, "b"));
  const ServerFrame pong = client.take_frame();
  EXPECT_EQ(pong.first, 0x8a);
  EXPECT_EQ(pong.payload, "ping");
  EXPECT_EQ(client.take_frame().payload, "ab");
}

struct Violation {
  const char* name;
  std::string bytes;
  std::uint16_t code;
};

TEST(NetWebSocket, FailsViolationsWithTheirCode) {
  TestServer test(quick());
  const std::vector<Violation> violations = {
      {"unmasked", std::string("\x82\x01x", 3), 1002},
      {"reserved bit", masked_frame(0xc2, "x"), 1002},
      {"unknown opcode", masked_frame(0x83, "x"), 1002},
      {"fragmented ping", masked_frame(0x09, "x"), 1002},
      {"long ping", masked_frame(0x89, std::string(126, 'x')), 1002},
      {"stray continuation", masked_frame(0x80, "x"), 1002},
      {"interleaved message", masked_frame(0x02, "x") + masked_frame(0x82, "y"), 1002},
      {"long form of a short length", std::string("\x82\xfe\x00\x01mask.", 9), 1002},
      {"top bit of the length", "\x82\xff" + std::string(8, '\xff') + "mask", 1002},
      {"claims too much",
       "\x82\xff" + std::string("\0\0\0\0\0\x20\0\0mask", 12) + std::string(3000, 'x'), 1009},
      {"text that is too much", "\x81\xff" + std::string("\0\0\0\0\0\x20\0\0mask", 12), 1009},
      {"grows too much", masked_frame(0x02, std::string(1 << 20, 'x')) + masked_frame(0x80, "x"),
       1009},
      {"text", masked_frame(0x81, "words"), 1003},
      {"text that is none", masked_frame(0x81, "\xc3\x28"), 1007},
      {"cut close code", masked_frame(0x88, "x"), 1002},
      {"reserved close code", masked_frame(0x88, close_payload(1005)), 1002},
      {"close reason that is no text", masked_frame(0x88, close_payload(1000, "\xff")), 1007},
  };
  for (const auto& violation : violations) {
    SCOPED_TRACE(violation.name);
    WsClient client(test.port);
    ASSERT_TRUE(client.open());
    client.send(violation.bytes);
    EXPECT_EQ(client.take_close_code(), violation.code);
    EXPECT_TRUE(client.ended());
  }
  EXPECT_TRUE(test.journal.wait_for("destroyed", static_cast<int>(violations.size())));
}

TEST(NetWebSocket, EchoesCloseCodesAndAnEmptyClose) {
  TestServer test;
  for (const std::uint16_t code : {1000, 1001, 1011, 3000, 4999}) {
    WsClient client(test.port);
    client.send(masked_frame(0x88, close_payload(code, "bye")));
    EXPECT_EQ(client.take_close_code(), code);
    EXPECT_TRUE(test.journal.wait_for("closed " + std::to_string(code)));
  }
  WsClient client(test.port);
  client.send(masked_frame(0x88, ""));
  const ServerFrame frame = client.take_frame();
  EXPECT_EQ(frame.first, 0x88);
  EXPECT_EQ(frame.payload, "");
  EXPECT_TRUE(test.journal.wait_for("closed 1005"));
}

TEST(NetWebSocket, ServerClosesBehindWhatIsQueuedAndWaitsForTheEcho) {
  TestServer test;
  WsClient client(test.port);
  client.send_binary("first");
  client.send_binary("close 4401");
  client.send_binary("after the close: dropped");
  EXPECT_EQ(client.take_frame().payload, "first");
  const ServerFrame close = client.take_frame();
  EXPECT_EQ(close.close_code(), 4401);
  EXPECT_EQ(close.payload.substr(2), "as asked");
  EXPECT_EQ(test.journal.count("closed 4401"), 0);
  client.send(masked_frame(0x88, close_payload(4401)));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(test.journal.wait_for("closed 4401"));
}

TEST(NetWebSocket, GivesUpOnACloseThatIsNotAnswered) {
  TestServer test(quick());
  WsClient client(test.port);
  client.send_binary("close 4000");
  EXPECT_EQ(client.take_close_code(), 4000);
  EXPECT_TRUE(test.journal.wait_for("closed 1006"));
  EXPECT_TRUE(client.ended());
}

TEST(NetWebSocket, NoticesABrokenWire) {
  TestServer test;
  WsClient reset(test.port);
  ASSERT_TRUE(reset.open());
  ASSERT_TRUE(test.journal.wait_for("open"));
  reset.reset();
  EXPECT_TRUE(test.journal.wait_for("closed 1006", 1));
  {
    WsClient vanishes(test.port);
    vanishes.send(masked_frame(0x82, "half a frame").substr(0, 9));
  }
  EXPECT_TRUE(test.journal.wait_for("closed 1006", 2));
  EXPECT_TRUE(test.journal.wait_for("destroyed", 2));
}

TEST(NetWebSocket, PingsAndDropsThePeerThatStaysSilent) {
  ServerOptions options;
  options.ping_interval_ms = 60;
  TestServer test(options);
  WsClient lively(test.port);
  WsClient silent(test.port);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(lively.take_frame().first, 0x89);
    // Any frame will do: a pong, or data.
    lively.send(i % 2 == 0 ? masked_frame(0x8a, "") : masked_frame(0x8a, "unasked"));
  }
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(test.journal.wait_for("closed 1006"));
  EXPECT_EQ(test.journal.count("closed 1006"), 1);
  EXPECT_EQ(test.server.counters().ping_timeouts, 1u);
}

TEST(NetWebSocket, QueueGrowsForASlowReaderAndDrains) {
  TestServer test;
  WsClient client(test.port, "/echo", false, 4096);
  client.send_binary("burst 200 100000");
  ASSERT_TRUE(test.journal.wait_for("queued " + std::to_string(200 * 100010)));
  sleep_ms(50);
  EXPECT_EQ(test.journal.count("drained 0"), 0);
  EXPECT_LT(test.server.counters().bytes_out, 20'000'000u);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.take_frame().payload.size(), 100'000u);
  EXPECT_TRUE(test.journal.wait_for("drained 0"));
}

TEST(NetWebSocket, FloodOfPingsQueuesFewPongs) {
  TestServer test;
  WsClient client(test.port, "/echo", false, 4096);
  client.send_binary("burst 100 100000");
  ASSERT_TRUE(test.journal.wait_for("queued " + std::to_string(100 * 100010)));
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += masked_frame(0x89, std::to_string(i));
  client.send(flood);
  client.send_binary("end");
  int pongs = 0;
  std::string last;
  for (;;) {
    const ServerFrame frame = client.take_frame();
    ASSERT_NE(frame.first, 0);
    if (frame.first == 0x8a) {
      ++pongs;
      last = frame.payload;
    }
    if (last == "9999") break;
  }
  EXPECT_LT(pongs, 1000);
}

TEST(NetWebSocket, RefusesBadHandshakes) {
  TestServer test;
  const auto ask = [&](std::string_view lines) {
    RawClient client(test.port);
    client.send("GET /echo HTTP/1.1\r\nHost: t\r\n" + std::string(lines) + "\r\n");
    return client.take_response();
  };
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string old = ask(upgrade + key + "Sec-WebSocket-Version: 8\r\n");
  EXPECT_TRUE(old.starts_with("HTTP/1.1 426 ")) << old;
  EXPECT_NE(old.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_TRUE(ask(upgrade + version).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask(upgrade + version + "Sec-WebSocket-Key: short\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask(upgrade + version + key + key).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("Upgrade: websocket\r\n" + version + key).starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(test.server.counters().upgrades_refused, 5u);

  WsClient refused(test.port, "/refuse");
  EXPECT_TRUE(refused.response.starts_with("HTTP/1.1 403 ")) << refused.response;
  EXPECT_EQ(refused.take_until("}}"), R"({"error":{"code":"forbidden","message":"not \"you\""}})");
  refused.send("GET /again HTTP/1.1\r\nHost: t\r\n\r\n");  // a refusal keeps the connection
  EXPECT_TRUE(refused.take_response().starts_with("HTTP/1.1 200 "));
}

TEST(NetWebSocket, TheLoopThatIsToTakeAConnectionMayRefuseIt) {
  TestServer test({}, 2, {}, [](http::Request request, node::UpgradeReply reply) {
    node::UpgradeAcceptance acceptance;
    acceptance.loop = *loop_of(request.query);
    acceptance.check = [] { return http::error_response(503, "unavailable", "not now"); };
    acceptance.make_handler = [](Scheduler&) {
      ADD_FAILURE();
      return nullptr;
    };
    reply(std::move(acceptance));
  });
  for (int i = 0; i < 12; ++i) {
    WsClient client(test.port, "/?loop=" + std::to_string(i % 2));
    EXPECT_TRUE(client.response.starts_with("HTTP/1.1 503 ")) << client.response;
    client.take_until("}}");
    client.send("GET /again HTTP/1.1\r\nHost: t\r\n\r\n");  // a refusal keeps the connection
    EXPECT_TRUE(client.take_response().starts_with("HTTP/1.1 200 "));
  }
  EXPECT_EQ(test.server.counters().websockets, 0u);
  EXPECT_EQ(test.server.counters().upgrades_refused, 12u);
}

TEST(NetWebSocket, UpgradeMayBeAnsweredLaterOrNever) {
  Journal journal;
  LoopGroup* loops = nullptr;
  TestServer test({}, 1, {}, [&](http::Request request, node::UpgradeReply reply) {
    if (request.path == "/never") return;
    node::UpgradeAcceptance acceptance;
    acceptance.subprotocol = "sync.v1";
    acceptance.make_handler = [&](Scheduler& scheduler) {
      scheduler.after(1, [&] { journal.note("factory ran on its loop"); });
      return std::make_unique<EchoHandler>(journal);
    };
    (*loops)[0].after(20, [reply = std::move(reply), acceptance = std::move(acceptance)]() mutable {
      reply(std::move(acceptance));
    });
  });
  loops = &test.loops;
  WsClient never(test.port, "/never");
  EXPECT_TRUE(never.response.starts_with("HTTP/1.1 500 ")) << never.response;
  WsClient client(test.port, "/later");
  EXPECT_NE(client.response.find("Sec-WebSocket-Protocol: sync.v1\r\n"), std::string::npos);
  EXPECT_TRUE(journal.wait_for("factory ran on its loop"));
  test.server.stop();
}

// Stops reading at "pause", for a while; "pause and close" closes meanwhile.
struct PausingHandler : session::ConnectionHandler {
  PausingHandler(Journal& journal, Scheduler& scheduler) : journal(journal), scheduler(scheduler) {}
  void on_open(session::Connection& c) override { connection = &c; }
  void on_message(ByteView message) override {
    const std::string text(as_text(message));
    journal.note(text);
    if (!text.starts_with("pause")) return;
    connection->set_reading(false);
    scheduler.after(60, [this, text] {
      journal.note("resume");
      if (text == "pause and close") return connection->close(4000, "");
      connection->set_reading(true);
      connection->set_reading(true);
    });
  }
  void on_drained() override {}
  void on_closed(std::uint16_t code) override { journal.note("closed " + std::to_string(code)); }
  Journal& journal;
  Scheduler& scheduler;
  session::Connection* connection = nullptr;
};

TEST(NetWebSocket, StopsReadingAndGoesOnInOrder) {
  Journal journal;
  TestServer test({}, 1, {}, accept_with([&](Scheduler& scheduler) {
                    return std::make_unique<PausingHandler>(journal, scheduler);
                  }));
  WsClient client(test.port);
  client.send(masked_frame(0x82, "pause") + masked_frame(0x82, "a").substr(0, 5));
  sleep_ms(20);
  client.send(masked_frame(0x82, "a").substr(5) + masked_frame(0x82, "b"));
  ASSERT_TRUE(journal.wait_for("b"));
  client.send(masked_frame(0x82, "pause and close") + masked_frame(0x82, "dropped"));
  EXPECT_EQ(client.take_close_code(), 4000);
  client.send(masked_frame(0x88, close_payload(4000)));
  ASSERT_TRUE(journal.wait_for("closed 4000"));
  EXPECT_EQ(journal.lines(),
            (std::vector<std::string>{"pause", "resume", "a", "b", "pause and close", "resume",
                                      "closed 4000"}));
  test.server.stop();
}

// Goes on after a message that is too big.
struct PatientHandler : session::ConnectionHandler {
  explicit PatientHandler(Journal& journal) : journal(journal) {}
  void on_open(session::Connection&) override {}
  void on_message(ByteView message) override { journal.note(std::string(as_text(message))); }
  bool on_too_large(ByteView beginning, std::size_t limit) override {
    journal.note("too large: " + std::to_string(beginning.size()) + " of " + std::to_string(limit) +
                 " " + std::string(as_text(beginning.first(3))));
    return true;
  }
  void on_drained() override {}
  void on_closed(std::uint16_t) override {}
  Journal& journal;
};

TEST(NetWebSocket, AMessageThatIsTooBigIsSkippedIfTheApplicationGoesOn) {
  Journal journal;
  ServerOptions options;
  options.max_message_bytes = 10'000;
  TestServer test(options, 1, {}, accept_with([&](Scheduler&) {
                    return std::make_unique<PatientHandler>(journal);
                  }));
  WsClient client(test.port);
  client.send_binary("before");
  client.send_binary("abc" + std::string(200'000, 'x'));
  client.send(masked_frame(0x02, "def" + std::string(9000, 'x')) + masked_frame(0x89, "ping") +
              masked_frame(0x00, std::string(9000, 'x')) + masked_frame(0x80, "x"));
  client.send_binary("after");
  ASSERT_TRUE(journal.wait_for("after"));
  EXPECT_EQ(client.take_frame().first, 0x8a) << "a ping between the parts is answered";
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"before", "too large: 2048 of 10000 abc",
                                                       "too large: 2048 of 10000 def", "after"}));
  EXPECT_EQ(test.server.counters().messages_too_big, 2u);
  test.server.stop();
}

// Stops reading for good, and floods.
struct FloodingHandler : session::ConnectionHandler {
  explicit FloodingHandler(Journal& journal) : journal(journal) {}
  void on_open(session::Connection& connection) override {
    connection.set_reading(false);
    const auto bytes = std::make_shared<const Bytes>(1 << 20, std::uint8_t{'x'});
    for (int i = 0; i < 32; ++i) connection.send(bytes);
  }
  void on_message(ByteView) override {}
  void on_drained() override { journal.note("drained"); }
  void on_closed(std::uint16_t code) override { journal.note("closed " + std::to_string(code)); }
  Journal& journal;
};

TEST(NetWebSocket, APeerThatIsNotReadMustStillTakeWhatItIsSent) {
  Journal journal;
  ServerOptions options;
  options.stall_timeout_ms = 200;
  options.ping_interval_ms = 50;
  TestServer test(options, 1, {}, accept_with([&](Scheduler&) {
                    return std::make_unique<FloodingHandler>(journal);
                  }));
  WsClient reads(test.port);
  std::thread reader([&] {
    for (int i = 0; i < 32; ++i) {
      ServerFrame frame = reads.take_frame();
      if (frame.first == 0x89) --i;
    }
  });
  WsClient silent(test.port, "/echo", false, 4096);
  ASSERT_TRUE(silent.open());
  EXPECT_TRUE(journal.wait_for("closed 1006"));
  reader.join();
  EXPECT_TRUE(journal.wait_for("drained"));
  sleep_ms(500);
  EXPECT_EQ(journal.count("closed 1006"), 1) << "an idle one owes nothing";
  EXPECT_EQ(test.server.counters().write_stalls, 1u);
  test.server.stop();
}

TEST(NetWebSocketThreads, MovesToTheLoopThatTheApplicationNames) {
  struct WhereAmI : session::ConnectionHandler {
    explicit WhereAmI(LoopGroup& loops) : loops(loops) {}
    void on_open(session::Connection& c) override { connection = &c; }
    void on_message(ByteView) override {
      for (std::size_t i = 0; i < loops.size(); ++i) {
        if (!loops[i].is_current()) continue;
        connection->send(std::make_shared<const Bytes>(1, static_cast<std::uint8_t>('0' + i)));
      }
    }
    void on_drained() override {}
    void on_closed(std::uint16_t) override {}
    LoopGroup& loops;
    session::Connection* connection = nullptr;
  };
  LoopGroup* loops = nullptr;
  TestServer test({}, 3, {}, [&loops](http::Request request, node::UpgradeReply reply) {
    node::UpgradeAcceptance acceptance;
    acceptance.loop = *loop_of(request.query);
    acceptance.make_handler = [&loops](Scheduler&) { return std::make_unique<WhereAmI>(*loops); };
    reply(std::move(acceptance));
  });
  loops = &test.loops;
  for (int i = 0; i < 30; ++i) {
    const std::string loop = std::to_string(i % 3);
    WsClient client(test.port, "/?loop=" + loop);
    ASSERT_TRUE(client.open());
    client.send_binary("?");
    EXPECT_EQ(client.take_frame().payload, loop);
  }
}

TEST(NetWebSocketThreads, ManyClientsAtOnceAndAStopInTheMiddle) {
  TestServer test({}, 2);
  std::vector<std::thread> clients;
  std::atomic<int> echoed = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        WsClient client(test.port, "/?loop=" + std::to_string((i + round) % 2));
        for (int n = 0; n < 20; ++n) {
          client.send_binary("message");
          if (client.take_frame().payload == "message") ++echoed;
        }
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(echoed, 800);
  clients.clear();

  std::atomic<bool> over = false;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      while (!over) {
        WsClient client(test.port, "/?loop=" + std::to_string(i % 2));
        client.send_binary("burst 10 10000");
        client.take_frame();
      }
    });
  }
  sleep_ms(100);
  test.server.stop();
  over = true;
  for (auto& client : clients) client.join();
  const int opened = test.journal.count("open");
  EXPECT_EQ(test.journal.count("destroyed"), opened);
  const auto lines = test.journal.lines();
  EXPECT_EQ(std::ranges::count_if(lines, [](auto& line) { return line.starts_with("closed"); }),
            opened);
  EXPECT_EQ(test.server.counters().open_websockets, 0u);
}

}  // namespace
}  // namespace syncline::backend
