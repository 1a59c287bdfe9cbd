#include "backend/net/ws_client.h"

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

// Notes what it hears, and sends what it is told to once it is open.
class NotingHandler final : public session::ConnectionHandler {
 public:
  NotingHandler(Journal& journal, std::vector<std::string> messages)
      : journal_(journal), messages_(std::move(messages)) {}
  ~NotingHandler() override { journal_.note("client destroyed"); }

  void on_open(session::Connection& connection) override {
    journal_.note("client open");
    connection_ = &connection;
    for (const std::string& message : messages_)
      connection.send(std::make_shared<const Bytes>(message.begin(), message.end()));
  }
  void on_message(ByteView message) override {
    journal_.note("client got " + std::to_string(message.size()));
    if (as_text(message) == "stop reading") connection_->set_reading(false);
    if (as_text(message) == "close") connection_->close(4321, "enough");
  }
  void on_drained() override { journal_.note("client drained"); }
  void on_closed(std::uint16_t code) override {
    journal_.note("client closed " + std::to_string(code));
  }

 private:
  Journal& journal_;
  std::vector<std::string> messages_;
  session::Connection* connection_ = nullptr;
};

// Connects from a loop of its own.
struct Connected {
  Connected(TestServer& server, std::vector<std::string> messages, std::string path = "/echo")
      : loops(1) {
    loops.start();
    loops[0].post([this, &server, path, messages = std::move(messages)]() mutable {
      socket =
          connect_websocket(loops[0], {.host = "127.0.0.1", .port = server.port, .path = path},
                            std::make_unique<NotingHandler>(server.journal, std::move(messages)));
    });
  }
  ~Connected() { loops.stop(); }  // the loop may still be about to leave the socket

  LoopGroup loops;
  std::shared_ptr<ClientSocket> socket;
};

TEST(WsClientUrl, IsTakenApart) {
  const auto plain = parse_ws_url("ws://example.com");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.com");
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->path, "");
  const auto full = parse_ws_url("ws://[::1]:4400/below/");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 4400);
  EXPECT_EQ(full->path, "/below");
  for (const char* bad : {"", "ws://", "http://a", "ws://a:0", "ws://a:65536", "ws://a:1x"})
    EXPECT_EQ(parse_ws_url(bad).error().code, ErrorCode::kInvalid) << bad;
  EXPECT_EQ(parse_ws_url("wss://a").error().code, ErrorCode::kUnsupported);
}

TEST(WsClient, SendsReceivesAndCloses) {
  TestServer server;
  const Connected client(server, {"hello", std::string(300'000, 'x'), "close"});
  EXPECT_TRUE(server.journal.wait_for("client got 5", 2));  // "hello" and "close"
  EXPECT_TRUE(server.journal.wait_for("client got 300000"));
  EXPECT_TRUE(server.journal.wait_for("client closed 4321"));
  EXPECT_TRUE(server.journal.wait_for("client destroyed"));
  EXPECT_TRUE(server.journal.wait_for("closed 4321"));
  EXPECT_EQ(server.journal.count("client open"), 1);
}

TEST(WsClient, HearsWhyTheServerCloses) {
  TestServer server;
  const Connected client(server, {"close 4009"});
  EXPECT_TRUE(server.journal.wait_for("client closed 4009"));
  EXPECT_TRUE(server.journal.wait_for("client destroyed"));
}

TEST(WsClient, IsToldWhenItIsRefused) {
  TestServer server;
  const Connected client(server, {"hello"}, "/refuse");
  EXPECT_TRUE(server.journal.wait_for("client closed 1006"));
  EXPECT_TRUE(server.journal.wait_for("client destroyed"));
  EXPECT_EQ(server.journal.count("client open"), 0);
}

TEST(WsClient, TakesNothingWhileItDoesNotRead) {
  TestServer server;
  Connected client(server, {"stop reading", "next"});
  EXPECT_TRUE(server.journal.wait_for("client got 12"));
  sleep_ms(100);
  EXPECT_EQ(server.journal.count("client got 4"), 0);
  client.loops[0].post([&] { client.socket->abandon(true); });
  EXPECT_TRUE(server.journal.wait_for("client destroyed"));
  EXPECT_TRUE(server.journal.wait_for("closed 1006"));
  EXPECT_EQ(server.journal.count("client closed 1006"), 0);  // it was forgotten
}

}  // namespace
}  // namespace syncline::backend
