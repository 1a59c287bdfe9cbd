// Peer: one connection of an attack, over a raw socket. A subclass says what it sends.
//
//   class Quiet final : public Peer {
//     void begin() override { open_websocket("/y/w/doc"); }
//     void opened() override { send_message(step1); }
//   };
//
// It counts into the Tally of its attack what it sends and what the server answers, in HTTP, in the
// WebSocket protocol, and in the protocols of y-websocket and Hocuspocus. It keeps little memory,
// whatever the server sends. Masks are zero, which is a valid mask.
//
// Ownership: a Crowd (crowd.h) owns its peers and destroys ended ones later, never inside a call of
// the peer. Thread-safety: none; the reactor's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/load/hostile/field.h"
#include "cli/load/hostile/frame_skimmer.h"
#include "cli/load/hostile/reactor.h"
#include "syncline/bytes.h"

namespace syncline::cli {

class Peer : private Reactor::Watcher {
 public:
  explicit Peer(Field& field) : field_(field) {}
  virtual ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Called once, first: opens the connection.
  virtual void begin() = 0;
  // Called about every 10 ms while the connection is open.
  virtual void act(std::uint64_t /*now_us*/) {}

  void tick(std::uint64_t now_us);  // for the owner
  bool is_open() const { return state_ == State::kOpen; }
  bool has_ended() const { return state_ == State::kEnded; }

 protected:
  // ---- what a subclass may want to know
  virtual void opened() {}  // connected, and upgraded if that was asked for
  virtual void received(const FrameSkimmer::Message& /*message*/) {}

  // ---- what it may do
  void open();                               // a TCP connection
  void open_websocket(std::string path);     // with its query
  void send_raw(ByteView bytes);             // counts bytes only
  void send_message(ByteView message);       // a whole binary WebSocket message
  void send_request(std::string_view head);  // HTTP; counts as one that was sent
  void note_sent() { ++field_.tally.sent; }
  // The bytes that wait for the system. A polite attack sends no more while these are many: it must
  // not run out of memory before the server does.
  std::size_t unsent() const { return output_.size() - output_sent_; }
  // 0: reads nothing. The default is no limit.
  void read_at_most(std::uint64_t bytes_per_second);
  void hang_up();  // ends the connection without counting it as the server's end

  Field& field() { return field_; }

 private:
  enum class State : std::uint8_t { kNew, kConnecting, kUpgrading, kOpen, kEnded };
  enum class Dialect : std::uint8_t { kHttp, kY, kHocuspocus };

  void ready(bool readable, bool writable, bool broken) override;
  void bind_by_role();
  void connected();
  void read();
  void take(ByteView bytes);
  bool take_head(ByteView& bytes);
  void take_message(const FrameSkimmer::Message& message);
  void take_y(ByteView message);
  void take_hocuspocus(ByteView message);
  void flush();
  void want();
  void lost(int code);
  void end();

  Field& field_;
  State state_ = State::kNew;
  Dialect dialect_ = Dialect::kHttp;
  int socket_ = -1;
  std::uint64_t token_ = 0;
  bool counted_open_ = false;
  bool answered_ = false;  // an HTTP status came
  int close_code_ = 1006;
  std::string path_;
  std::string head_;  // of the answer, until it is complete
  FrameSkimmer frames_;
  Bytes output_;
  std::size_t output_sent_ = 0;
  bool paced_ = false;
  std::uint64_t read_rate_ = 0;  // bytes per second, if paced
  std::uint64_t allowance_ = 0;  // bytes that it may read now
  std::uint64_t last_tick_us_ = 0;
};

// A frame's head as a client sends it, with a mask of zeros. `first`: FIN, reserved bits and opcode.
Bytes client_frame_head(std::uint8_t first, std::uint64_t payload_size);
Bytes client_frame(ByteView payload);  // a whole binary message

}  // namespace syncline::cli
