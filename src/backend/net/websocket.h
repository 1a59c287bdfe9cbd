// One WebSocket connection on its loop: drives a session::ConnectionHandler (RFC 6455, the server's
// side, binary messages only, no extensions). Internal to this folder; the application sees it as a
// session::Connection.
//
//   kOpen -> kClosing -> kFlushing -> kLingering -> gone
//
// kClosing: we have sent a close frame, the peer has not; skipped when the peer closes first or
// breaks the protocol.
//
// on_closed comes when the closing handshake is done or given up, in a turn of its own; what
// happens to the socket after that is nobody's concern.
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
#include "session/connection.h"
#include "syncline/bytes.h"

namespace syncline::backend {

class WebSocket final : public Socket, public session::Connection {
 public:
  // What travels from the loop of the HTTP connection to the WebSocket's.
  struct Handoff {
    std::unique_ptr<Stream> stream;
    Slot slot;
    std::string peer;
    std::string response_head;  // the 101, not yet sent
    Bytes input;                // what the client has already sent behind its handshake
    std::move_only_function<std::unique_ptr<session::ConnectionHandler>(Scheduler&)> make_handler;
  };

  // On the loop of `shard`. Drops the connection when the shard has been stopped.
  static void adopt(Shard& shard, Handoff handoff);

  void send(session::SharedBytes message) override;
  // While off, a peer that vanishes is noticed when it has made no room for what is queued for
  // ServerOptions::stall_timeout_ms, or when reading goes on. close() turns it on.
  void set_reading(bool on) override;
  std::size_t queued_bytes() const override { return out_.counted_bytes(); }
  void close(std::uint16_t code, std::string_view reason) override;
  std::string_view peer() const override { return peer_; }

  void on_ready() override;
  void flush() override;
  void tick(std::uint64_t now_ms) override;
  void drain() override;
  void terminate() override;

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kFlushing, kLingering };

  WebSocket(Shard& shard, Handoff& handoff);

  void open(Handoff& handoff);
  bool wants_input() const;
  void read_input();
  void take(std::span<std::uint8_t> input);
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
  std::unique_ptr<session::ConnectionHandler> handler_;  // null once on_closed is on its way
  Bytes held_;  // input that came before reading was paused
  std::uint64_t deadline_ms_;
  std::uint64_t last_ping_ms_;
  std::uint64_t last_pong_entry_ = 0;  // sequences in out_
  std::uint64_t last_ping_entry_ = 0;
  std::optional<Bytes> next_pong_;  // waits until the last one is out; only the latest counts
  State state_ = State::kOpen;
  std::uint8_t missed_pings_ = 0;
  bool heard_ = true;  // anything moved since the last ping
  bool paused_ = false;
  bool drain_pending_ = false;  // on_drained is owed
  bool pong_queued_ = false;
  bool ping_queued_ = false;
};

}  // namespace syncline::backend
