// One WebSocket connection on its loop. It drives a session::ConnectionHandler (RFC 6455, the
// server's side, binary messages only, no extensions). For this folder only; the application sees
// it as a session::Connection.
//
//   kOpen -> kClosing -> kFlushing -> kLingering -> gone
//
// kClosing: we have sent a close frame, and the peer has not. This state is skipped if the peer
// closes first or violates the protocol.
//
// on_closed is called in a turn of its own, when the closing handshake is complete or was given up.
// The socket may live a little longer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backend/net/socket.h"
#include "backend/net/ws_frame.h"
#include "base/rarely.h"
#include "session/connection.h"
#include "syncline/bytes.h"

namespace syncline::backend {

class WebSocket final : public Socket, public session::Connection {
  struct Private {};

 public:
  // What moves from the loop of the HTTP connection to the loop of the WebSocket.
  struct Handoff {
    std::unique_ptr<Stream> stream;
    Slot slot;
    std::string peer;
    std::string response_head;  // the 101, not sent yet
    Bytes input;                // bytes that the client has sent after its handshake
    std::move_only_function<std::unique_ptr<session::ConnectionHandler>(Scheduler&)> make_handler;
  };

  WebSocket(Private, Shard& shard, Handoff& handoff);  // for adopt() alone

  // Must be called on the loop of `shard`. Drops the connection if the shard has been stopped.
  static void adopt(Shard& shard, Handoff handoff);

  void send(session::SharedBytes message) override;
  void send_ahead(session::SharedBytes message) override;
  void send_soon(session::SharedBytes message) override;
  // While reading is off, a vanished peer is noticed only if it does not accept queued bytes for
  // ServerOptions::stall_timeout_ms, or when reading is turned on again. close() turns reading on.
  void set_reading(bool on) override;
  void limit_messages(std::size_t bytes) override;
  std::size_t queued_bytes() const override { return out_.counted_bytes(); }
  void close(std::uint16_t code, std::string_view reason) override;
  bool more_follows() const override { return more_follows_; }
  std::shared_ptr<const void> keep_message() override { return parser_.keep(); }
  std::string_view peer() const override { return peer_; }
  bool crowded(std::size_t more) const override { return shard_.crowded(more, account()); }
  void works_on(std::string_view workspace) override { set_lane(shard_.loop().lane_of(workspace)); }
  void belongs_to(SharedAccount account) override { set_account(std::move(account)); }

  void on_ready() override;
  void flush() override;
  void tick(std::uint64_t now_ms) override;
  void drain() override;
  void shed() override;
  void terminate() override;

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kFlushing, kLingering };

  void open(Handoff& handoff);
  bool queue(session::SharedBytes message);
  bool wants_input() const;
  std::size_t held_bytes() const { return parser_.buffered_bytes() + held_->capacity(); }
  void read_input();
  void take(std::span<std::uint8_t> input);
  void take_messages(std::span<std::uint8_t> input);
  void put_off(std::span<const std::uint8_t> rest);
  void take_held_later();
  void take_held();
  void handle(const WsEvent& event);
  void handle_close(const WsEvent& event);
  void handle_too_big(const WsEvent& event);
  void fail(std::uint16_t code, std::string_view reason);
  void answer_ping(ByteView payload);
  void send_control(WsOpcode opcode, ByteView payload);
  void send_close(std::uint16_t code, std::string_view reason);
  void finish(std::uint16_t code);
  void break_off();
  void linger();
  void check_alive(std::uint64_t now_ms);
  void check_writing(std::uint64_t now_ms);

  WsParser parser_;
  // Null once the call of on_closed is posted.
  std::unique_ptr<session::ConnectionHandler> handler_;
  Rarely<Bytes> held_;  // input that arrived before reading was paused, or that was put off
  std::uint64_t deadline_ms_;
  std::uint64_t last_ping_ms_;
  std::uint64_t queued_us_ = 0;        // when the first message since the queue was last empty came
  std::uint64_t last_pong_entry_ = 0;  // sequence numbers in out_
  std::uint64_t last_ping_entry_ = 0;
  std::unique_ptr<Bytes> next_pong_;  // waits until the last one is written; only the latest counts
  State state_ = State::kOpen;
  std::uint8_t missed_pings_ = 0;
  bool heard_ = true;  // true if anything arrived since the last ping
  bool paused_ = false;
  bool drain_pending_ = false;  // on_drained must be called
  bool pong_queued_ = false;
  bool ping_queued_ = false;
  bool taking_held_ = false;      // take_held() is due
  bool more_follows_ = false;     // for the message that is being delivered
  bool input_continues_ = false;  // the handler was told so, and on_input_end must be called
};

}  // namespace syncline::backend
