// One HTTP/1.1 connection, until it ends or becomes a WebSocket. For this folder only.
//
// It processes one request at a time. It parses the next pipelined request only when the response
// to the last one has been written; until then it reads at most the size of one head ahead.
//
//   kHandshake -> kHead -> kBody (-> kAsking -> kBody) -> kBusy (-> kStreaming) -> kFlushing -> kHead, or
//                                                                       kLingering -> destroyed
//
// The body of a few requests is not collected: the application gets the request in kBusy, and asks for pieces of the body
// (http/body_source.h). Nothing is read from the peer unless a piece is asked for.
//
// A peer that closes its sending side after its request still gets the answer. If the application
// wants to know whether the peer has left (abandoned()), and has no answer at the next tick, the
// connection sends an interim response, and looks at each further tick whether it was answered with a
// reset. Peers with HTTP/1.0 count as present until a write fails.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/net/socket.h"
#include "backend/net/websocket.h"
#include "http/body_source.h"
#include "http/exchange.h"
#include "http/parser.h"

namespace syncline::backend {

class HttpConnection final : public Socket, public http::Exchange {
 public:
  static void start(Shard& shard, std::unique_ptr<Stream> stream, Slot slot, std::string peer,
                    bool secure);

  void on_ready() override;
  void flush() override;
  void tick(std::uint64_t now_ms) override;
  void drain() override;
  void shed() override;
  void terminate() override;

  EventLoop& loop() override { return shard_.loop(); }
  void respond(http::Response response) override;
  void begin(http::Response head) override;
  void write(http::Body piece) override;
  void end() override;
  void abort() override;
  std::size_t queued_bytes() const override { return out_.bytes(); }
  bool is_closed() const override { return is_destroyed(); }
  void when_closed(Task task) override;
  void when_drained(std::size_t bytes, Task task) override;
  std::shared_ptr<const std::atomic<bool>> abandoned() override;

 private:
  class PieceByPiece;

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

  enum class State : std::uint8_t {
    kHandshake,  // TLS
    kHead,       // idle, or a request head is on its way
    kBody,
    kAsking,     // whether the sender may send so large a body
    kBusy,       // the application has the request
    kStreaming,  // the application answers in pieces
    kFlushing,   // the response is complete but not written completely
    kLingering,  // our side is closed; reading until the peer closes
  };

  HttpConnection(Shard& shard, std::unique_ptr<Stream> stream, Slot slot, std::string peer,
                 bool secure);

  bool shake_hands();
  bool wants_input() const;
  void read_input();
  void peer_ended();
  void look_for_peer();
  void process();
  bool process_head();
  bool process_body();
  bool is_stopped_body(std::size_t size);
  void begin_body();
  void take_large_body();
  void refuse_large_body();
  void ask_for_sender();
  void sender_known(bool known);
  std::size_t held_bytes() const;
  void start_body(http::RequestHead head);
  void stream_body();
  void ask_for_piece(std::size_t bytes, std::move_only_function<void(http::BodyPiece)> done);
  void take_piece();
  void break_body();
  bool awaits_body() const;
  void dispatch();
  void dispatch_upgrade();
  void decide(node::UpgradeDecision decision);
  void accept_upgrade();
  static void give_back(std::shared_ptr<HttpConnection> connection, WebSocket::Handoff handoff,
                        http::Response refusal);

  void refuse(const http::Problem& problem);
  void report_refusal(const http::Response& response) const;
  bool queue_head(const http::Response& response, bool streaming);
  void queue_text(std::string text);
  void finish_response();
  void response_written();
  void linger();
  void fail_connection();
  void note_abandoned();
  void note_drained();

  State state_ = State::kHandshake;
  bool secure_;
  bool peer_ended_ = false;
  bool processing_ = false;  // process() runs
  // It will be a WebSocket when process() ends, or in a later turn, and reads nothing until then.
  bool moves_ = false;
  bool head_only_ = false;    // answering a HEAD
  bool chunked_out_ = false;  // streaming with chunks
  std::uint64_t deadline_ms_;
  std::string input_;        // read but not processed
  std::size_t scanned_ = 0;  // of input_, for find_head_end
  Task closed_task_;
  Task drained_task_;  // when at most drained_at_ bytes are queued
  std::size_t drained_at_ = 0;
  std::optional<std::uint64_t>
      promised_;  // streaming: bytes of the stated length that are still to come
  // A body that the application takes piece by piece.
  struct Incoming {
    std::string piece;       // has come and was not taken
    std::size_t wanted = 0;  // bytes; 0: nothing is asked for
    std::uint64_t left = 0;  // of a body with a stated length
    http::BodyPiece::End end = http::BodyPiece::kMore;
    std::move_only_function<void(http::BodyPiece)> done;
  };
  // The state of the current request.
  struct Exchange {
    http::RequestHead head;
    http::ChunkDecoder chunks;
    std::size_t body_limit = 0;
    bool keep_alive = true;
    bool complete = false;   // of a body in chunks: all has come
    bool expects = false;    // the client sends its body after an interim response
    std::string asked = {};  // "GET /v1/keys", for the log; without the query
    std::shared_ptr<std::atomic<bool>> abandoned = nullptr;  // once somebody wants to know
    bool probed = false;  // an interim response was sent, to find out whether the peer has left
    std::string upgrade_key = {};  // of a WebSocket handshake, for its answer
    std::optional<node::UpgradeAcceptance> acceptance = {};
    std::optional<Incoming> incoming = {};
  };
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace syncline::backend
