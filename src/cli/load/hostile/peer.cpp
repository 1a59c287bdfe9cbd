#include "cli/load/hostile/peer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/byte_reader.h"

namespace syncline::cli {
namespace {

constexpr std::size_t kScratch = 64 * 1024;
constexpr std::size_t kMaxHead = 16 * 1024;
constexpr int kNoCloseCode = 1006;

// Every peer of a thread reads into it.
std::array<std::uint8_t, kScratch>& scratch() {
  static thread_local std::array<std::uint8_t, kScratch> bytes;
  return bytes;
}

// The status of an answer's head; 0 if it is none.
int status_of(std::string_view head) {
  int status = 0;
  if (head.size() >= 12 && head.starts_with("HTTP/1."))
    std::from_chars(head.data() + 9, head.data() + 12, status);
  return status;
}

}  // namespace

Peer::~Peer() {
  end();
}

void Peer::open() {
  const Ground& ground = field_.ground;
  state_ = State::kConnecting;
  socket_ = ::socket(ground.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    ++field_.tally.errors;
    return end();
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bind_by_role();
  const auto* address = reinterpret_cast<const sockaddr*>(&ground.address);
  if (::connect(socket_, address, ground.address_size) != 0 && errno != EINPROGRESS) {
    ++field_.tally.errors;
    return end();
  }
  token_ = field_.reactor.watch(socket_, *this, false, true);
}

// A server on loopback sees another address for each role, and none is that of the users. So its limits
// by address can hit the attackers alone.
void Peer::bind_by_role() {
  if (field_.ground.address.ss_family != AF_INET) return;
  sockaddr_in source{};
  std::memcpy(&source, &field_.ground.address, sizeof source);
  constexpr std::uint32_t kLoopback = 127;
  if (ntohl(source.sin_addr.s_addr) >> 24 != kLoopback) return;
  source.sin_port = 0;
  source.sin_addr.s_addr = htonl(kLoopback << 24 | (2 + static_cast<std::uint32_t>(field_.role)));
  const int late =
      1;  // the port is chosen at connect(), so that it can be used for several targets
  ::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  // Where this fails, the system chooses.
  static_cast<void>(::bind(socket_, reinterpret_cast<const sockaddr*>(&source), sizeof source));
}

void Peer::open_websocket(std::string path) {
  dialect_ = path.find("/hocuspocus/") == std::string::npos ? Dialect::kY : Dialect::kHocuspocus;
  path_ = std::move(path);
  open();
}

void Peer::ready(bool readable, bool writable, bool broken) {
  if (state_ == State::kConnecting && (writable || broken)) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      ++field_.tally.errors;
      return end();
    }
    connected();
  }
  if (readable && !has_ended()) read();
  if (writable && !has_ended()) flush();
  // Whoever does not read would not see the end otherwise.
  const bool reads = !paced_ || allowance_ > 0;
  if (broken && !has_ended() && !(readable && reads)) lost(close_code_);
}

void Peer::connected() {
  field_.tally.opened();
  counted_open_ = true;
  if (path_.empty()) {
    state_ = State::kOpen;
    opened();
  } else {
    state_ = State::kUpgrading;
    const std::string head = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        path_, field_.ground.host);
    send_raw(as_bytes(head));
  }
  if (!has_ended()) want();
}

// ---- reading

void Peer::read_at_most(std::uint64_t bytes_per_second) {
  paced_ = true;
  read_rate_ = bytes_per_second;
  allowance_ = 0;
  want();
}

void Peer::tick(std::uint64_t now_us) {
  const std::uint64_t passed = last_tick_us_ == 0 ? 0 : now_us - last_tick_us_;
  last_tick_us_ = now_us;
  if (has_ended()) return;
  if (paced_ && read_rate_ > 0) {
    const bool stopped = allowance_ == 0;
    allowance_ = std::min(read_rate_, allowance_ + read_rate_ * passed / 1'000'000);
    if (stopped && allowance_ > 0) want();
  }
  if (is_open()) act(now_us);
}

void Peer::read() {
  std::uint64_t most = kScratch;
  if (paced_) most = std::min<std::uint64_t>(most, allowance_);
  if (most == 0) return;
  const ssize_t count = ::recv(socket_, scratch().data(), static_cast<std::size_t>(most), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return lost(close_code_);
  field_.tally.received_bytes += static_cast<std::uint64_t>(count);
  if (paced_) {
    allowance_ -= static_cast<std::uint64_t>(count);
    if (allowance_ == 0) want();
  }
  take({scratch().data(), static_cast<std::size_t>(count)});
}

void Peer::take(ByteView bytes) {
  if (state_ == State::kUpgrading || dialect_ == Dialect::kHttp)
    if (!take_head(bytes)) return;
  if (dialect_ == Dialect::kHttp) return;
  while (!has_ended()) {
    const auto message = frames_.next(bytes);
    if (!message) return;
    take_message(*message);
  }
}

// Returns true if bytes after the head are left to read as frames.
bool Peer::take_head(ByteView& bytes) {
  if (answered_) return false;  // the body
  const std::size_t before = head_.size();
  head_ += as_text(bytes);
  const std::size_t end_of_head = head_.find("\r\n\r\n");
  if (end_of_head == std::string::npos) {
    if (head_.size() > kMaxHead) lost(kNoCloseCode);
    return false;
  }
  const int status = status_of(head_);
  bytes = bytes.subspan(end_of_head + 4 - before);
  head_ = {};
  if (state_ == State::kUpgrading && status == 101) {
    state_ = State::kOpen;
    opened();
    return !has_ended();
  }
  answered_ = true;
  ++field_.tally.codes[status];
  ++(status >= 400 ? field_.tally.refused : field_.tally.accepted);
  if (state_ == State::kUpgrading) end();
  return false;
}

void Peer::take_message(const FrameSkimmer::Message& message) {
  constexpr std::uint8_t kClose = 8;
  constexpr std::uint8_t kPing = 9;
  if (message.opcode == kPing) {
    Bytes pong = client_frame_head(0x8a, message.beginning.size());
    pong.insert(pong.end(), message.beginning.begin(), message.beginning.end());
    return send_raw(pong);
  }
  if (message.opcode == kClose) {
    close_code_ = message.size >= 2 ? message.beginning[0] << 8 | message.beginning[1] : 1005;
    return lost(close_code_);
  }
  if (dialect_ == Dialect::kY) take_y(message.beginning);
  if (dialect_ == Dialect::kHocuspocus) take_hocuspocus(message.beginning);
  if (!has_ended()) received(message);
}

// protocol/y_sync.h
void Peer::take_y(ByteView message) {
  ByteReader in(message);
  const std::uint64_t type = in.var_uint();
  if (type == 2) ++field_.tally.refused;
  if (type == 100) field_.tally.accepted += in.var_uint();
}

// protocol/hocuspocus.h
void Peer::take_hocuspocus(ByteView message) {
  ByteReader in(message);
  static_cast<void>(in.var_string());
  const std::uint64_t type = in.var_uint();
  if (!in.ok()) return;
  if (type == 7) ++field_.tally.refused;
  if (type == 2) ++(in.var_uint() == 1 ? field_.tally.refused : field_.tally.accepted);
  if (type == 8) ++(in.var_uint() == 1 ? field_.tally.accepted : field_.tally.refused);
}

// ---- sending

void Peer::send_raw(ByteView bytes) {
  if (has_ended()) return;
  output_.insert(output_.end(), bytes.begin(), bytes.end());
  flush();
}

void Peer::send_message(ByteView message) {
  if (has_ended()) return;
  note_sent();
  const Bytes head = client_frame_head(0x82, message.size());
  output_.insert(output_.end(), head.begin(), head.end());
  send_raw(message);
}

void Peer::send_request(std::string_view head) {
  note_sent();
  send_raw(as_bytes(head));
}

void Peer::flush() {
  constexpr std::size_t kAtOnce = 256 * 1024;
  std::size_t flushed = 0;
  while (unsent() > 0 && flushed < kAtOnce) {
    const ssize_t count =
        ::send(socket_, output_.data() + output_sent_, std::min(unsent(), kAtOnce), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return lost(close_code_);
    output_sent_ += static_cast<std::size_t>(count);
    flushed += static_cast<std::size_t>(count);
  }
  field_.tally.sent_bytes += flushed;
  if (unsent() == 0) {
    output_ = {};
    output_sent_ = 0;
  }
  want();
}

void Peer::want() {
  if (has_ended() || socket_ < 0 || state_ == State::kConnecting) return;
  field_.reactor.change(socket_, token_, !paced_ || allowance_ > 0, unsent() > 0);
}

// ---- the end

void Peer::lost(int code) {
  // After an answer of HTTP, the server closes the connection as it was asked to.
  if (!answered_) {
    ++field_.tally.closed;
    ++field_.tally.codes[code];
  }
  end();
}

void Peer::hang_up() {
  end();
}

void Peer::end() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  if (std::exchange(counted_open_, false)) field_.tally.ended();
  output_ = {};
  output_sent_ = 0;
  if (socket_ < 0) return;
  if (token_ != 0) field_.reactor.forget(socket_, token_);
  // A reset leaves no state in this machine's kernel, which has only so many ports.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(socket_);
  socket_ = -1;
}

Bytes client_frame_head(std::uint8_t first, std::uint64_t payload_size) {
  Bytes head = {first};
  if (payload_size < 126) {
    head.push_back(static_cast<std::uint8_t>(0x80 | payload_size));
  } else {
    const int bytes = payload_size <= 0xffff ? 2 : 8;
    head.push_back(bytes == 2 ? 0x80 | 126 : 0x80 | 127);
    for (int i = bytes - 1; i >= 0; --i)
      head.push_back(static_cast<std::uint8_t>(payload_size >> (8 * i)));
  }
  head.insert(head.end(), 4, 0);
  return head;
}

Bytes client_frame(ByteView payload) {
  Bytes frame = client_frame_head(0x82, payload.size());
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

}  // namespace syncline::cli
