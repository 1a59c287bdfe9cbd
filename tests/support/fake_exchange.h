// An exchange in memory, for tests of code that answers requests.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/exchange.h"
#include "syncline/bytes.h"

namespace syncline::testing {

// What was answered, and how. It is separate from the exchange, which ends with its responder.
struct FakeAnswer {
  // A whole response with its body, or the head of one in pieces.
  std::optional<http::Response> head;
  std::string body;
  bool ended = false;             // the response is complete
  bool aborted = false;           // the stream was broken off
  bool is_read = true;            // false: what was written stays queued
  bool closed = false;            // the client has left
  std::vector<http::Body> queue;  // pieces that are not read

  std::string header(std::string_view name) const {
    if (head)
      for (const auto& [field, value] : head->headers)
        if (http::equals_ignoring_case(field, name)) return value;
    return {};
  }
};

class FakeExchange final : public http::Exchange {
 public:
  FakeExchange(Scheduler& loop, std::shared_ptr<FakeAnswer> answer)
      : loop_(loop), answer_(std::move(answer)) {}

  Scheduler& loop() override { return loop_; }
  void respond(http::Response response) override {
    begin(std::move(response));
    answer_->body = as_text(answer_->head->body.view());
    answer_->ended = true;
  }
  void begin(http::Response head) override { answer_->head = std::move(head); }
  void write(http::Body piece) override {
    answer_->body += as_text(piece.view());
    if (!answer_->is_read) answer_->queue.push_back(std::move(piece));
  }
  void end() override { answer_->ended = true; }
  void abort() override { answer_->aborted = true; }
  std::size_t queued_bytes() const override {
    if (answer_->is_read) answer_->queue.clear();
    return answer_->is_read ? 0 : answer_->body.size();
  }
  bool is_closed() const override { return answer_->closed; }
  void when_closed(Task) override {}

 private:
  Scheduler& loop_;
  const std::shared_ptr<FakeAnswer> answer_;
};

// A responder, and the object that will hold its answer.
inline std::pair<http::Responder, std::shared_ptr<FakeAnswer>> fake_responder(Scheduler& loop) {
  auto answer = std::make_shared<FakeAnswer>();
  return {http::Responder(std::make_shared<FakeExchange>(loop, answer)), answer};
}

}  // namespace syncline::testing
