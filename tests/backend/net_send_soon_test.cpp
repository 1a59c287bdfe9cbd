// Which connections are written first, and when: messages that nobody waits for (session::Connection::send_soon), those that
// their peers wait for (send_ahead), and what a handshake writes.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

SharedBytes one_byte() {
  return std::make_shared<const Bytes>(1, std::uint8_t{7});
}

// For each message, the first connection is sent one byte that nobody waits for, and the loop is busy for `busy_ms`.
class TellingHandler final : public session::ConnectionHandler {
 public:
  TellingHandler(Scheduler& loop, std::vector<TellingHandler*>& all, Journal& journal, int busy_ms)
      : loop_(loop), all_(all), journal_(journal), busy_ms_(busy_ms) {}

  void on_open(session::Connection& connection) override {
    connection_ = &connection;
    all_.push_back(this);
    journal_.note("open");
  }
  void on_message(ByteView) override {
    if (busy_ms_ > 0) sleep_ms(busy_ms_);
    all_.front()->connection_->send_soon(one_byte());
    loop_.post([this] { journal_.note("task"); });
  }
  void on_drained() override { journal_.note("written"); }
  void on_closed(std::uint16_t) override {}

 private:
  Scheduler& loop_;
  std::vector<TellingHandler*>& all_;
  Journal& journal_;
  const int busy_ms_;
  session::Connection* connection_ = nullptr;
};

TEST(NetSendSoon, ALoopThatHasLittleToDoWritesAtOnce) {
  Journal journal;
  std::vector<TellingHandler*> all;
  TestServer test({}, 1, {}, accept_with([&](Scheduler& loop) {
                    return std::make_unique<TellingHandler>(loop, all, journal, 0);
                  }));
  WsClient client(test.port);
  ASSERT_TRUE(journal.wait_for("open"));
  client.send_binary("go");
  ASSERT_TRUE(journal.wait_for("task"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"open", "written", "task"}));
}

TEST(NetSendSoon, ALoopThatIsBusyWritesSeveralTogether) {
  constexpr int kTellers = 40;
  Journal journal;
  std::vector<TellingHandler*> all;
  TestServer test({}, 1, {}, accept_with([&](Scheduler& loop) {
                    return std::make_unique<TellingHandler>(loop, all, journal, 1);
                  }));
  WsClient told(test.port);
  ASSERT_TRUE(journal.wait_for("open", 1));
  std::vector<std::unique_ptr<WsClient>> tellers;
  for (int i = 0; i < kTellers; ++i) tellers.push_back(std::make_unique<WsClient>(test.port));
  ASSERT_TRUE(journal.wait_for("open", 1 + kTellers));

  // Those who are ready at once take their turns two in a round, and each round would write what it has queued.
  // On a machine with other work, rounds may take so long that each of them does.
  int written = kTellers;
  for (int attempt = 0; attempt < 5 && written >= kTellers / 2; ++attempt) {
    const int before = journal.count("written");
    std::atomic<bool> all_have_sent = false;
    test.loops[0].post([&] {
      while (!all_have_sent) sleep_ms(1);
    });
    for (const auto& teller : tellers) teller->send_binary("go");
    all_have_sent = true;
    for (int i = 0; i < kTellers; ++i) ASSERT_EQ(told.take_frame().payload, "\x07");
    ASSERT_TRUE(journal.wait_for("task", (attempt + 1) * kTellers));
    written = journal.count("written") - before;
  }
  EXPECT_LT(written, kTellers / 2);
}

// For each message, all others are sent one byte, and then its author is.
class AnsweringHandler final : public session::ConnectionHandler {
 public:
  AnsweringHandler(std::vector<AnsweringHandler*>& all, Journal& journal)
      : all_(all), journal_(journal), number_(all.size()) {
    all_.push_back(this);
  }

  void on_open(session::Connection& connection) override {
    connection_ = &connection;
    journal_.note("open");
  }
  void on_message(ByteView) override {
    for (AnsweringHandler* other : all_)
      if (other != this) other->connection_->send(one_byte());
    connection_->send_ahead(one_byte());
  }
  void on_drained() override { journal_.note("written " + std::to_string(number_)); }
  void on_closed(std::uint16_t) override {}

 private:
  std::vector<AnsweringHandler*>& all_;
  Journal& journal_;
  const std::size_t number_;
  session::Connection* connection_ = nullptr;
};

TEST(NetSendAhead, WhoWaitsForAnAnswerIsWrittenBeforeThoseWhoAreTold) {
  Journal journal;
  std::vector<AnsweringHandler*> all;
  TestServer test({}, 1, {}, accept_with([&](Scheduler&) {
                    return std::make_unique<AnsweringHandler>(all, journal);
                  }));
  std::vector<std::unique_ptr<WsClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<WsClient>(test.port));
    ASSERT_TRUE(journal.wait_for("open", i + 1));
  }
  clients[1]->send_binary("go");
  ASSERT_TRUE(journal.wait_for("written 2"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"open", "open", "open", "written 1",
                                                       "written 0", "written 2"}));
}

// Sends its first message when it opens.
class GreetingHandler final : public session::ConnectionHandler {
 public:
  void on_open(session::Connection& connection) override { connection.send(one_byte()); }
  void on_message(ByteView) override {}
  void on_drained() override {}
  void on_closed(std::uint16_t) override {}
};

TEST(NetSendSoon, AHandshakesAnswerAndTheFirstMessageAreOneWrite) {
  TestServer test({}, 1, {},
                  accept_with([](Scheduler&) { return std::make_unique<GreetingHandler>(); }));
  WsClient client(test.port);  // reads what there is, until it has the answer
  ASSERT_TRUE(client.open());
  EXPECT_EQ(client.buffer, std::string("\x82\x01\x07", 3));
}

}  // namespace
}  // namespace syncline::backend
