#include "backend/net_support.h"
#include "http/asset.h"
#include "support/recording_sink.h"

namespace syncline::backend {
namespace {

const std::string kGet = "GET /a%20b?c=d HTTP/1.1\r\nHost: t\r\n\r\n";

int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9)) : 0;
}

TEST(NetHttp, AnswersAndKeepsTheConnection) {
  TestServer test;
  RawClient client(test.port);
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    const std::string response = client.take_response();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << response;
    EXPECT_TRUE(response.ends_with("\r\n\r\nGET /a b?c=d ")) << response;
  }
  client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.take_response().find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST(NetHttp, KeepsTheOrderOfAPipeline) {
  // The first answer comes last in time.
  LoopGroup* loops = nullptr;
  TestServer test({}, 1, [&loops](http::Request request, http::Responder responder) {
    const int delay = request.path == "/0" ? 30 : 0;
    (*loops)[0].after(static_cast<std::uint64_t>(delay),
                      [path = request.path, responder = std::move(responder)]() mutable {
                        responder.respond(http::text_response(200, path));
                      });
  });
  loops = &test.loops;
  RawClient client(test.port);
  std::string pipeline;
  for (int i = 0; i < 50; ++i)
    pipeline += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  client.send(pipeline);
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(client.take_response().ends_with("\r\n\r\n/" + std::to_string(i)));
}

TEST(NetHttp, PipelineLongerThanTheBufferIsHeldBackNotLost) {
  TestServer test;
  RawClient client(test.port);
  std::string pipeline;
  for (int i = 0; i < 5000; ++i) pipeline += kGet;
  std::thread writer([&] { client.send(pipeline); });
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(status_of(client.take_response()), 200) << i;
  writer.join();
}

TEST(NetHttp, TakesBodiesOfBothFramings) {
  TestServer test;
  RawClient client(test.port);
  client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel");
  client.send("lo");
  EXPECT_TRUE(client.take_response().ends_with("POST /p? hello"));
  for (const char c :
       std::string("POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"))
    client.send(std::string_view(&c, 1));
  EXPECT_TRUE(client.take_response().ends_with("POST /c? abc0123456789"));
  client.send("POST /e HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_TRUE(client.take_response().ends_with("POST /e? ok"));
}

TEST(NetHttp, HeadHasTheLengthWithoutTheBody) {
  TestServer test;
  RawClient client(test.port);
  client.send("HEAD /x HTTP/1.1\r\nHost: t\r\n\r\n" + kGet);
  const std::string head = client.take_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 9\r\n"), std::string::npos) << head;
  EXPECT_EQ(status_of(client.take_response()), 200);
}

TEST(NetHttp, SpeaksToOldClients) {
  TestServer test;
  RawClient client(test.port);
  client.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.take_all().ends_with("GET /old? "));
  RawClient keeps(test.port);
  keeps.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(keeps.take_response().find("Connection: keep-alive\r\n"), std::string::npos);
  keeps.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(keeps.take_all().ends_with("GET /old? "));
}

struct Bad {
  std::string request;
  int status;
};

TEST(NetHttp, RefusesBadRequests) {
  ServerOptions options;
  options.http.body_bytes = 1000;
  TestServer test(options);
  const std::string host = "Host: t\r\n";
  const std::vector<Bad> cases = {
      {"GET /\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET / HTTP/1.1\n" + host + "\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "A: b\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + std::string("A: \0\r\n\r\n", 8), 400},
      {"GET nowhere HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /\xff HTTP/1.1\r\n" + host + "\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: \r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\nab", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1001\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", 413},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"GET /" + std::string(20000, 'a'), 414},
      {"GET / HTTP/1.1\r\nExpect: magic\r\n" + host + "\r\n", 417},
      {"GET / HTTP/1.1\r\n" + host + "A: " + std::string(20000, 'a') + "\r\n\r\n", 431},
      {"BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
  };
  for (const Bad& bad : cases) {
    SCOPED_TRACE(bad.request.substr(0, 120));
    RawClient client(test.port);
    client.send(bad.request);
    const std::string response = client.take_response();
    EXPECT_EQ(status_of(response), bad.status) << response;
    EXPECT_NE(response.find(R"({"error":{"code":")"), std::string::npos);
    EXPECT_TRUE(client.ended());
  }
  std::string many = "GET / HTTP/1.1\r\n" + host;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  RawClient client(test.port);
  client.send(many + "\r\n");
  EXPECT_EQ(status_of(client.take_response()), 431);
  EXPECT_EQ(test.server.counters().bad_requests, cases.size() + 1);
  EXPECT_EQ(test.server.counters().requests, 0u);
}

// Who is refused stands in the log with the reason, and without the query, which may hold a token.
TEST(NetHttp, ReportsWhatItRefuses) {
  testing::RecordingSink reports;
  ServerOptions options;
  options.reports = &reports;
  TestServer test(options, 1, [](http::Request request, http::Responder responder) {
    const int status = std::stoi(request.path.substr(1));
    responder.respond(http::error_response(status, "code", "because of " + request.path));
  });
  RawClient client(test.port);
  for (const char* path : {"/401?token=a-secret", "/404?token=a-secret", "/503?token=a-secret"}) {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: t\r\n\r\n");
    client.take_response();
  }
  client.send("nonsense\r\n\r\n");
  client.take_response();
  const auto lines = reports.lines();
  ASSERT_EQ(lines.size(), 4u);
  for (const auto& [line, begin] :
       {std::pair(lines[0],
                  "info request refused  request=\"GET /401\" status=401 reason=\"because of "
                  "/401\" peer=127.0.0.1:"),
        std::pair(lines[1], "debug request refused  request=\"GET /404\" status=404"),
        std::pair(lines[2], "info request failed  request=\"GET /503\" status=503"),
        std::pair(lines[3], "debug request refused  status=400 reason=")})
    EXPECT_TRUE(line.starts_with(begin)) << line;
  for (const std::string& line : lines) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

TEST(NetHttp, TimesOutWhatNeverEnds) {
  ServerOptions options;
  options.head_timeout_ms = options.body_timeout_ms = 100;
  options.idle_timeout_ms = 200;
  TestServer test(options);
  RawClient silent(test.port);
  RawClient slow_head(test.port);
  RawClient slow_body(test.port);
  slow_head.send("GET / HTTP/1.1\r\n");
  slow_body.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab");
  for (int i = 0; i < 20; ++i) {
    sleep_ms(10);
    slow_head.send("A");  // a byte now and then is no excuse
  }
  EXPECT_EQ(status_of(slow_head.take_response()), 408);
  EXPECT_EQ(status_of(slow_body.take_response()), 408);
  EXPECT_TRUE(silent.take_all().empty());
  EXPECT_TRUE(silent.ended());
  RawClient idle(test.port);
  idle.send(kGet);
  EXPECT_EQ(status_of(idle.take_response()), 200);
  EXPECT_TRUE(idle.ended());
  // The clients keep their side open: the server does not wait for them for ever.
  for (int i = 0; i < 500 && test.server.counters().open > 0; ++i) sleep_ms(10);
  EXPECT_EQ(test.server.counters().open, 0u);
}

// Pieces follow as those before them are taken.
class Sender : public std::enable_shared_from_this<Sender> {
 public:
  Sender(http::Stream stream, int pieces, std::size_t& most_queued)
      : stream_(std::move(stream)), left_(pieces), most_queued_(most_queued) {}

  void step() {
    if (stream_.is_closed()) return;
    if (left_-- == 0) return stream_.end();
    stream_.write(std::string(1'000'000, 'x'));
    most_queued_ = std::max(most_queued_, stream_.queued_bytes());
    stream_.when_drained(100'000, [self = shared_from_this()] { self->step(); });
  }

 private:
  http::Stream stream_;
  int left_;
  std::size_t& most_queued_;
};

TEST(NetHttp, AStreamWithALengthIsOneBodyAndFollowsItsReader) {
  std::size_t most_queued = 0;
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    http::Response head{200, {}, {}};
    head.length = 20'000'000;
    std::make_shared<Sender>(responder.begin(std::move(head)), request.path == "/all" ? 20 : 3,
                             most_queued)
        ->step();
  });
  RawClient client(test.port);
  for (int i = 0; i < 2; ++i) {
    client.send("GET /all HTTP/1.1\r\nHost: t\r\n\r\n");
    const std::string head = client.take_until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Length: 20000000\r\n"), std::string::npos);
    EXPECT_EQ(head.find("chunked"), std::string::npos);
    EXPECT_EQ(client.take(20'000'000), std::string(20'000'000, 'x'));
  }
  EXPECT_LE(most_queued, 1'101'000u);
  // Fewer bytes than the head promised: the client notices.
  client.send("GET /some HTTP/1.1\r\nHost: t\r\n\r\n");
  client.take_until("\r\n\r\n");
  EXPECT_EQ(client.take(3'000'000).size(), 3'000'000u);
  EXPECT_TRUE(client.ended());
}

// Then whoever makes the pieces gives up what it holds.
TEST(NetHttp, WhoWaitsForAReaderIsWokenWhenTheReaderLeaves) {
  Journal journal;
  std::size_t most_queued = 0;
  std::weak_ptr<Sender> sender;
  TestServer test({}, 1, [&](http::Request, http::Responder responder) {
    const auto made = std::make_shared<Sender>(responder.begin({200, {}, {}}), 50, most_queued);
    sender = made;
    made->step();
    journal.note("begun");
  });
  RawClient client(test.port, false, 4096);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(journal.wait_for("begun"));
  sleep_ms(50);  // it fills the buffers, and waits
  EXPECT_FALSE(sender.expired());
  client.reset();
  EXPECT_TRUE(comes_true([&] { return sender.expired(); }));
}

TEST(NetHttp, StreamsInChunksAndNoticesTheClientLeave) {
  Journal journal;
  std::unique_ptr<http::Stream> open;
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    http::Stream stream = responder.begin({200, {{"Content-Type", "text/event-stream"}}, {}});
    stream.write("data: 1\n\n");
    if (request.path == "/ends") {
      stream.write(std::string(100'000, 'x'));
      stream.end();
    } else if (request.path == "/stays") {
      stream.when_closed([&] {
        journal.note(open->is_closed() ? "left" : "still here?");
        open->write("to nobody");
        open.reset();
      });
      open = std::make_unique<http::Stream>(std::move(stream));
    }  // else: destroyed without an end
  });
  RawClient client(test.port);
  client.send("GET /ends HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_NE(client.take_until("\r\n\r\n").find("Transfer-Encoding: chunked\r\n"),
            std::string::npos);
  EXPECT_EQ(client.take_until("\r\n"), "9\r\n");
  EXPECT_EQ(client.take(11), "data: 1\n\n\r\n");
  EXPECT_EQ(client.take_until("\r\n"), "186a0\r\n");
  client.take(100'000);
  EXPECT_EQ(client.take(7), "\r\n0\r\n\r\n");
  client.send("GET /stays HTTP/1.1\r\nHost: t\r\n\r\n");
  client.take_until("data: 1\n\n");
  EXPECT_TRUE(journal.lines().empty());
  client.reset();
  EXPECT_TRUE(journal.wait_for("left"));

  RawClient cut(test.port);
  cut.send("GET /cut HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(cut.take_all().find("0\r\n\r\n"), std::string::npos);
  RawClient old(test.port);
  old.send("GET /ends HTTP/1.0\r\n\r\n");
  const std::string raw = old.take_all();
  EXPECT_TRUE(raw.ends_with("\r\n\r\ndata: 1\n\n" + std::string(100'000, 'x')));
  test.server.stop();
}

TEST(NetHttp, AnswersForAHandlerThatForgot) {
  TestServer test({}, 1, [](http::Request request, http::Responder responder) {
    if (request.path == "/thread")
      std::thread([responder = std::move(responder)]() mutable {}).join();
    else if (request.path == "/header")
      responder.respond({200, {{"A", "b\r\nInjected: yes"}}, "x"});
  });
  RawClient client(test.port);
  for (const std::string path : {"/", "/thread", "/header"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const std::string response = client.take_response();
    EXPECT_EQ(status_of(response), 500) << response;
    EXPECT_EQ(response.find("Injected"), std::string::npos);
  }
}

TEST(NetHttp, ServesAssetsWithValidators) {
  static const std::string kPage = "<p>page</p>";
  TestServer test({}, 1, [](http::Request request, http::Responder responder) {
    responder.respond(http::asset_response(request, http::Body::forever(as_bytes(kPage)),
                                           "text/html", "\"v1\"", "no-cache"));
  });
  RawClient client(test.port);
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string full = client.take_response();
  EXPECT_EQ(status_of(full), 200);
  EXPECT_TRUE(full.ends_with(kPage));
  client.send("GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: \"v0\", W/\"v1\"\r\n\r\n");
  EXPECT_EQ(status_of(client.take_until("\r\n\r\n")), 304);
  client.send("GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: \"v2\"\r\n\r\n");
  EXPECT_EQ(status_of(client.take_response()), 200);
}

TEST(NetHttp, SlowReaderOfABigAnswerIsCutOff) {
  ServerOptions options;
  options.stall_timeout_ms = 100;
  TestServer test(options, 1, [](http::Request, http::Responder responder) {
    responder.respond(http::text_response(200, std::string(20'000'000, 'x')));
  });
  RawClient client(test.port, false, 4096);
  client.send(kGet);
  for (int i = 0; i < 200 && test.server.counters().open > 0; ++i) sleep_ms(10);
  EXPECT_EQ(test.server.counters().open, 0u);
}

TEST(NetHttp, HalfClosedClientStillGetsItsAnswer) {
  TestServer test;
  RawClient client(test.port);
  client.send(kGet);
  client.end_writing();
  EXPECT_EQ(status_of(client.take_all()), 200);
}

// Work for a client that has left does not begin. One that has closed only its side is still there.
class NetHttpAbandoned : public ::testing::Test {
 protected:
  static ServerOptions fine_tick() {
    ServerOptions options;
    options.head_timeout_ms = 200;
    return options;
  }

  void take(http::Responder responder) {
    const std::lock_guard lock(mutex_);
    abandoned_ = responder.abandoned();
    pending_.emplace(std::move(responder));
  }
  bool is_taken() {
    const std::lock_guard lock(mutex_);
    return pending_.has_value();
  }
  bool is_abandoned() {
    const std::lock_guard lock(mutex_);
    return *abandoned_;
  }

  std::mutex mutex_;
  std::optional<http::Responder> pending_;
  std::shared_ptr<const std::atomic<bool>> abandoned_;
  TestServer test{fine_tick(), 1,
                  [this](http::Request, http::Responder responder) { take(std::move(responder)); }};
};

TEST_F(NetHttpAbandoned, AHalfClosedClientIsNotAbandoned) {
  for (const bool old : {false, true}) {
    RawClient client(test.port);
    client.send(old ? "GET / HTTP/1.0\r\n\r\n" : kGet);
    client.end_writing();
    ASSERT_TRUE(comes_true([&] { return is_taken(); }));
    if (!old) {
      EXPECT_EQ(client.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    }
    sleep_ms(200);
    EXPECT_FALSE(is_abandoned());
    pending_->respond(http::text_response(200, "late"));
    pending_.reset();
    const std::string answer = client.take_all();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_TRUE(answer.ends_with("late"));
  }
}

TEST_F(NetHttpAbandoned, AHalfClosedClientGetsAllOfAStream) {
  RawClient client(test.port);
  client.send(kGet);
  client.end_writing();
  ASSERT_TRUE(comes_true([&] { return is_taken(); }));
  client.take_until("\r\n\r\n");
  test.loops[0].post([&] {
    http::Stream stream = pending_->begin({200, {}, {}});
    stream.write("piece");
    stream.end();
    pending_.reset();
  });
  EXPECT_TRUE(client.take_all().ends_with("piece\r\n0\r\n\r\n"));
}

TEST_F(NetHttpAbandoned, AClientThatLeavesIs) {
  for (const bool reset : {false, true}) {
    {
      RawClient client(test.port);
      client.send(kGet);
      ASSERT_TRUE(comes_true([&] { return is_taken(); }));
      if (reset) client.reset();
    }
    EXPECT_TRUE(comes_true([&] { return is_abandoned(); })) << reset;
    pending_.reset();
    EXPECT_TRUE(comes_true([&] { return test.server.counters().open == 0; }));
  }
}

TEST(NetHttp, RefusesConnectionsOverTheLimit) {
  ServerOptions options;
  options.max_connections = 2;
  TestServer test(options);
  RawClient first(test.port);
  first.send(kGet);
  EXPECT_EQ(status_of(first.take_response()), 200);
  {
    RawClient second(test.port);
    second.send(kGet);
    EXPECT_EQ(status_of(second.take_response()), 200);
    RawClient third(test.port);
    EXPECT_EQ(status_of(third.take_response()), 503);
    EXPECT_TRUE(third.ended());
  }
  for (int i = 0; i < 200 && test.server.counters().open > 1; ++i) sleep_ms(5);
  RawClient again(test.port);
  again.send(kGet);
  EXPECT_EQ(status_of(again.take_response()), 200);
  EXPECT_EQ(test.server.counters().refused_full, 1u);
}

TEST(NetHttp, RefusesConnectionsOverTheLimitOfAnAddress) {
  ServerOptions options;
  options.max_connections_per_network = 2;
  TestServer test(options, 2);
  RawClient first(test.port);
  first.send(kGet);
  EXPECT_EQ(status_of(first.take_response()), 200);
  {
    WsClient second(test.port);  // moves to the other loop, or not: its place moves with it
    EXPECT_TRUE(second.open());
    RawClient third(test.port);
    const std::string refused = third.take_response();
    EXPECT_EQ(status_of(refused), 429);
    EXPECT_NE(refused.find("Retry-After: "), refused.npos);
    EXPECT_TRUE(third.ended());
  }
  for (int i = 0; i < 200 && test.server.counters().open > 1; ++i) sleep_ms(5);
  RawClient again(test.port);
  again.send(kGet);
  EXPECT_EQ(status_of(again.take_response()), 200);
  EXPECT_EQ(test.server.counters().refused_network, 1u);
  EXPECT_EQ(test.server.counters().refused_full, 0u);
}

TEST(NetHttp, RefusesConnectionsThatComeTooFast) {
  ServerOptions options;
  options.rates.set(limits::Work::kConnections, 1);  // and ten at once
  TestServer test(options);
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    RawClient client(test.port);
    client.send(kGet);
    refused += status_of(client.take_response()) == 429;
  }
  EXPECT_GE(refused, 8);
  EXPECT_LE(refused, 9) << "eleven, and one more if this took over a second";
  EXPECT_EQ(test.server.counters().refused_network, static_cast<std::uint64_t>(refused));
}

TEST(NetHttp, ListenSaysWhatIsWrong) {
  TestServer test;
  LoopGroup loops(1);
  loops.start();
  Server second(
      loops, {}, [](http::Request, http::Responder) {}, [](http::Request, node::UpgradeReply) {});
  const auto taken = second.listen({.port = test.port});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  const auto nowhere = second.listen({.address = "not an address"});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().code, ErrorCode::kInvalid);
  const auto no_file =
      second.listen({.tls_certificate = "/nowhere.pem", .tls_key = "/nowhere.key"});
  ASSERT_FALSE(no_file.has_value());
  EXPECT_EQ(no_file.error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(second.listen({.tls_certificate = "/only.pem"}).has_value());
  EXPECT_TRUE(second.listen({.address = "localhost"}).has_value());
}

TEST(NetHttpThreads, DrainEndsWhatIsIdleAndWaitsForTheRest) {
  LoopGroup* loops = nullptr;
  TestServer test({}, 2, [&loops](http::Request request, http::Responder responder) {
    (*loops)[request.loop].after(100, [responder = std::move(responder)]() mutable {
      responder.respond(http::text_response(200, "late"));
    });
  });
  loops = &test.loops;
  RawClient idle(test.port);
  RawClient busy(test.port);
  WsClient socket(test.port);
  busy.send(kGet);
  ASSERT_TRUE(socket.open());
  sleep_ms(30);
  std::thread reader([&] {
    EXPECT_EQ(socket.take_close_code(), 1001);
    socket.send(masked_frame(0x88, close_payload(1001)));
  });
  EXPECT_TRUE(test.server.drain(5000));
  reader.join();
  EXPECT_TRUE(idle.ended());
  const std::string late = busy.take_response();
  EXPECT_TRUE(late.ends_with("late"));
  EXPECT_NE(late.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(RawClient(test.port).connected());
  EXPECT_EQ(test.journal.count("closed 1001"), 1);
}

TEST(NetHttpThreads, DrainGivesUpAtItsDeadlineAndStopCutsTheRest) {
  std::vector<http::Responder> kept;
  TestServer test({}, 1, [&](http::Request, http::Responder responder) {
    kept.push_back(std::move(responder));
  });
  RawClient client(test.port);
  client.send(kGet);
  sleep_ms(30);
  EXPECT_FALSE(test.server.drain(50));
  test.server.stop();
  EXPECT_TRUE(client.ended());
  kept.clear();
}

TEST(NetHttpThreads, StopInTheMiddleOfRequests) {
  TestServer test({}, 2);
  std::atomic<bool> over = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!over) {
        RawClient client(test.port);
        client.send(kGet + kGet);
        client.take_response();
      }
    });
  }
  sleep_ms(100);
  test.server.stop();
  over = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(test.server.counters().open, 0u);
}

}  // namespace
}  // namespace syncline::backend
