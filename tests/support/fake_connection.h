// A connection for tests: the test sees what was sent, and decides when it leaves the queue.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session/connection.h"

namespace syncline::testing {

class FakeConnection final : public session::Connection {
 public:
  struct Closed {
    std::uint16_t code;
    std::string reason;
  };

  void send(SharedBytes message) override {
    if (closed) return;
    if (stuck) queued_ += message->size();
    sent.push_back(std::move(message));
  }
  void set_reading(bool on) override { reading = on; }
  bool more_follows() const override { return more; }
  void limit_messages(std::size_t bytes) override { message_limit = bytes; }
  std::size_t queued_bytes() const override { return queued_; }
  void close(std::uint16_t code, std::string_view reason) override {
    if (!closed) closed = Closed{code, std::string(reason)};
  }
  std::string_view peer() const override { return "test"; }
  bool crowded(std::size_t) const override { return others_queue_much; }
  std::shared_ptr<const void> keep_message() override { return std::exchange(owner, nullptr); }
  void belongs_to(SharedAccount of) override { account = std::move(of); }

  // Empties the queue. Later messages are queued again.
  void drain(session::ConnectionHandler& handler) {
    queued_ = 0;
    handler.on_drained();
  }

  // The peer reads again: empties the queue, and later messages leave at once.
  void unstick(session::ConnectionHandler& handler) {
    stuck = false;
    drain(handler);
  }

  std::vector<SharedBytes> take() { return std::exchange(sent, {}); }

  bool stuck = false;
  bool others_queue_much = false;
  SharedAccount account;
  bool reading = true;
  bool more = false;  // more of the peer's messages are at hand
  // Of the present message; a session that wants to keep the message takes it.
  std::shared_ptr<const void> owner;
  std::size_t message_limit = std::numeric_limits<std::size_t>::max();
  std::vector<SharedBytes> sent;
  std::optional<Closed> closed;

 private:
  std::size_t queued_ = 0;
};

}  // namespace syncline::testing
