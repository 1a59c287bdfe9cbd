// A connection whose request is answered on another loop than that on which it came.
#include "backend/net_support.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kLoops = 3;
const std::string kClose = "GET /0 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";

// Answers on the loop that the path names, in a turn after the one in which the request came: "N of it".
class NetMove : public ::testing::Test {
 protected:
  static http::Handler on_loop_of_path(LoopGroup*& loops) {
    return [&loops](http::Request request, http::Responder responder) {
      Scheduler& from = responder.loop();
      const auto to = static_cast<std::size_t>(request.path[1] - '0');
      from.post([&loops, to, responder = std::move(responder)]() mutable {
        responder.move_to(to, [&loops](http::Responder here) {
          std::size_t at = 0;
          while (!(*loops)[at].is_current()) ++at;
          EXPECT_EQ(&here.loop(), &(*loops)[at]);
          here.respond(http::text_response(200, std::to_string(at)));
        });
      });
    };
  }

  static std::string ask(RawClient& client, std::size_t loop) {
    client.send("GET /" + std::to_string(loop) + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const std::string response = client.take_response();
    return response.substr(response.find("\r\n\r\n") + 4);
  }

  LoopGroup* loops_ = nullptr;
};

TEST_F(NetMove, GoesFromLoopToLoopWithEachRequest) {
  TestServer test({}, kLoops, on_loop_of_path(loops_));
  loops_ = &test.loops;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(std::make_unique<RawClient>(test.port));
  for (const std::size_t loop : {1u, 0u, 2u, 2u, 1u})
    for (auto& client : clients) EXPECT_EQ(ask(*client, loop), std::to_string(loop));
  clients[0]->send(kClose);
  EXPECT_TRUE(clients[0]->take_response().ends_with("\r\n\r\n0"));
  EXPECT_TRUE(clients[0]->ended());
}

TEST_F(NetMove, TakesWhatHasComeOfTheNextRequestsAlong) {
  TestServer test({}, kLoops, on_loop_of_path(loops_));
  loops_ = &test.loops;
  RawClient client(test.port);
  std::string pipeline;
  for (int i = 0; i < 60; ++i)
    pipeline += "GET /" + std::to_string(i % kLoops) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  client.send(pipeline);
  for (int i = 0; i < 60; ++i)
    EXPECT_TRUE(client.take_response().ends_with("\r\n\r\n" + std::to_string(i % kLoops))) << i;
}

TEST_F(NetMove, ToALoopThatIsNotThereItStays) {
  TestServer test({}, 1, on_loop_of_path(loops_));
  loops_ = &test.loops;
  RawClient client(test.port);
  EXPECT_EQ(ask(client, 7), "0");
}

// What it streams after the move ends with the client, wherever it is.
TEST_F(NetMove, WhoeverStreamsThereHearsThatTheClientHasLeft) {
  Journal journal;
  TestServer test({}, kLoops, [&journal](http::Request request, http::Responder responder) {
    Scheduler& from = responder.loop();
    const std::size_t to = (request.loop + 1) % kLoops;
    from.post([&journal, to, responder = std::move(responder)]() mutable {
      responder.move_to(to, [&journal](http::Responder here) {
        auto stream = std::make_shared<http::Stream>(here.begin({}));
        stream->write(SharedPiece::of(std::string("first")));
        stream->when_closed([&journal, stream] { journal.note("left"); });
      });
    });
  });
  {
    RawClient client(test.port);
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_TRUE(client.take_until("first\r\n").ends_with("5\r\nfirst\r\n"));
    client.reset();
  }
  EXPECT_TRUE(journal.wait_for("left"));
  EXPECT_TRUE(comes_true([&] { return test.server.counters().open == 0; }));
}

TEST_F(NetMove, AClientThatLeavesMeanwhileIsFoundToHaveLeft) {
  Journal journal;
  TestServer test({}, kLoops, [&journal](http::Request request, http::Responder responder) {
    Scheduler& from = responder.loop();
    const std::size_t to = (request.loop + 1) % kLoops;
    journal.note("asked");
    from.after(50, [&journal, to, responder = std::move(responder)]() mutable {
      responder.move_to(to, [&journal](http::Responder here) {
        journal.note("here");
        here.respond(http::text_response(200, "nobody reads this"));
      });
    });
  });
  {
    RawClient client(test.port);
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_TRUE(journal.wait_for("asked"));
    client.reset();
  }
  EXPECT_TRUE(journal.wait_for("here"));
  EXPECT_TRUE(comes_true([&] { return test.server.counters().open == 0; }));
}

}  // namespace
}  // namespace syncline::backend
