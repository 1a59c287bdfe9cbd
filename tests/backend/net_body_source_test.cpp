// Bodies that the application takes piece by piece (http/body_source.h).
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "backend/net_support.h"
#include "http/body_source.h"

namespace syncline::backend {
namespace {

ServerOptions in_pieces() {
  ServerOptions options;
  options.streams = [](const http::Request& request) { return request.method == "PUT"; };
  options.stranger_body_bytes = 10;  // concerns none of them
  return options;
}

// Takes a body in pieces of that size, and answers with their sizes and their text.
struct Taker : std::enable_shared_from_this<Taker> {
  Taker(std::size_t piece_bytes, http::Request& request, http::Responder answers)
      : size(piece_bytes), source(std::move(request.body_source)), responder(std::move(answers)) {}

  void go_on() {
    source->next(size, [self = shared_from_this()](http::BodyPiece piece) {
      self->sizes += std::to_string(piece.bytes.size()) + " ";
      self->text += piece.bytes;
      if (piece.end == http::BodyPiece::kMore) return self->go_on();
      const std::string how = piece.end == http::BodyPiece::kEnd ? "end " : "broken ";
      if (self->note != nullptr) self->note->set_value(self->sizes + how);
      self->responder.respond(http::text_response(200, self->sizes + how + self->text));
    });
  }

  const std::size_t size;
  const std::shared_ptr<http::BodySource> source;
  http::Responder responder;
  std::string sizes;
  std::string text;
  std::promise<std::string>* note = nullptr;  // of how the body ended
};

http::Handler taker_of(std::size_t size) {
  return [size](http::Request request, http::Responder responder) {
    if (request.body_source == nullptr)
      return responder.respond(http::text_response(200, "whole " + request.body));
    std::make_shared<Taker>(size, request, std::move(responder))->go_on();
  };
}

std::string body_of_response(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

TEST(NetBodySource, GivesPiecesOfTheSizeThatWasAskedFor) {
  TestServer test(in_pieces(), 1, taker_of(4));
  RawClient client(test.port);
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabcde");
  client.send("fghij");
  EXPECT_EQ(body_of_response(client.take_response()), "4 4 2 end abcdefghij");
  // The connection goes on, also with a body that is collected.
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nabcd");
  EXPECT_EQ(body_of_response(client.take_response()), "4 end abcd");
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(body_of_response(client.take_response()), "whole abc");
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(body_of_response(client.take_response()), "whole ");
}

TEST(NetBodySource, GivesTheContentOfABodyInChunks) {
  TestServer test(in_pieces(), 1, taker_of(4));
  RawClient client(test.port);
  client.send(
      "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabcdefg\r\n3\r\nhij");
  client.send("\r\n0\r\n\r\n");
  const std::string answer = body_of_response(client.take_response());
  EXPECT_TRUE(answer.ends_with("end abcdefghij")) << answer;
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  EXPECT_EQ(body_of_response(client.take_response()), "0 broken ");
  EXPECT_TRUE(client.ended());
}

TEST(NetBodySource, AsksForTheBodyWhenItIsWanted) {
  TestServer test(in_pieces(), 1, taker_of(4));
  RawClient client(test.port);
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 100 "));
  client.send("abcd");
  EXPECT_EQ(body_of_response(client.take_response()), "4 end abcd");
}

TEST(NetBodySource, TellsThatTheClientHasLeft) {
  std::promise<std::string> note;
  auto noted = note.get_future();
  TestServer test(in_pieces(), 1, [&](http::Request request, http::Responder responder) {
    auto taker = std::make_shared<Taker>(4, request, std::move(responder));
    taker->note = &note;
    taker->go_on();
  });
  {
    RawClient client(test.port);
    client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabcdef");
    sleep_ms(30);
  }
  ASSERT_EQ(noted.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(noted.get(), "4 2 broken ");
}

TEST(NetBodySource, TellsThatTheClientSendsNothingMore) {
  ServerOptions options = in_pieces();
  options.body_timeout_ms = 100;
  TestServer test(options, 1, taker_of(4));
  RawClient client(test.port);
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabcdef");
  EXPECT_EQ(body_of_response(client.take_response()), "4 2 broken abcdef");
  EXPECT_TRUE(client.ended());
}

// Who is refused has sent in vain, and the connection ends.
TEST(NetBodySource, ReadsNothingThatNobodyAsksFor) {
  std::atomic<bool> answer = false;
  TestServer test(in_pieces(), 1, [&](http::Request, http::Responder responder) {
    std::thread([&answer, responder = std::make_shared<http::Responder>(std::move(responder))] {
      while (!answer) sleep_ms(1);
      responder->respond(http::text_response(403, "no"));
    }).detach();
  });
  RawClient client(test.port);
  client.send("PUT / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n");
  std::thread sender([&] { client.send(std::string(100'000'000, 'x')); });
  sleep_ms(200);
  EXPECT_LT(test.server.counters().bytes_in, 1'000'000U);
  answer = true;
  const std::string response = client.take_response();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 403 ")) << response;
  EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
  sender.join();
}

}  // namespace
}  // namespace syncline::backend
