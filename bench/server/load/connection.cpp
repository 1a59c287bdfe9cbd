#include "load/connection.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <utility>

namespace syncline::bench {

void Wire::turn(Nanoseconds until) {
  flush();
  poller_.wait(until);
}

void Wire::flush() {
  for (std::size_t i = 0; i < unflushed_.size(); ++i) unflushed_[i]->flush();
  unflushed_.clear();
}

std::uint32_t Wire::next_mask() {  // xorshift (Marsaglia)
  mask_ ^= mask_ << 13;
  mask_ ^= mask_ >> 17;
  mask_ ^= mask_ << 5;
  return mask_;
}

void Connection::open(std::uint16_t port, std::string_view path) {
  hang_up();
  // The key is the example of RFC 6455. It need not be random here.
  request_ = fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      path, port);
  state_ = State::kConnecting;
  if (!stream_.connect(port, wire_.tls)) fail("could not connect");
}

void Connection::hang_up() {
  stream_.close();
  state_ = State::kOff;
  partial_.clear();
}

void Connection::reset() {
  stream_.abort();
  hang_up();
}

void Connection::send(ByteView message) {
  queue(Opcode::kBinary, message);
}

void Connection::queue(Opcode opcode, ByteView payload) {
  append_masked_frame(stream_.output(), opcode, payload, wire_.next_mask());
  if (unflushed_) return;
  unflushed_ = true;
  wire_.unflushed_.push_back(this);
}

void Connection::flush() {
  unflushed_ = false;
  if (state_ == State::kOpen && !stream_.flush()) fail("the connection broke while sending");
}

void Connection::ready(std::uint32_t events) {
  if (state_ == State::kConnecting) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) connected();
    return;
  }
  if (state_ == State::kOff) return;
  if ((events & EPOLLOUT) != 0 && !stream_.flush())
    return fail("the connection broke while sending");
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
  wire_.now_ = now_ns();
  const std::uint64_t before = stream_.bytes_in();
  const bool alive = stream_.read([this](std::span<std::uint8_t> bytes) { return take(bytes); });
  wire_.bytes_in += stream_.bytes_in() - before;
  if (!alive) fail("the server ended the connection");
}

void Connection::connected() {
  if (!stream_.finish_connect()) return fail("could not connect");
  state_ = State::kUpgrading;
  const ByteView request = as_bytes(request_);
  stream_.output().insert(stream_.output().end(), request.begin(), request.end());
  if (!stream_.flush()) fail("could not send the upgrade");
}

std::size_t Connection::take(std::span<std::uint8_t> bytes) {
  std::size_t used = 0;
  if (state_ == State::kUpgrading) {
    used = take_upgrade(as_text(bytes));
    if (used == 0) return 0;
  }
  while (state_ == State::kOpen) {
    const Frame frame = read_frame(bytes.subspan(used));
    if (frame.size == 0) break;
    used += frame.size;
    take_frame(frame);
  }
  return used;
}

std::size_t Connection::take_upgrade(std::string_view head) {
  const std::size_t end = head.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!head.starts_with("HTTP/1.1 101")) {
    fail(fmt::format("the upgrade was refused: {}", head.substr(0, head.find('\r'))));
    return 0;
  }
  state_ = State::kOpen;
  opened();
  return end + 4;
}

void Connection::take_frame(const Frame& frame) {
  switch (frame.opcode) {
    case Opcode::kClose: {
      unsigned code = 0;
      if (frame.payload.size() >= 2) code = frame.payload[0] * 256U + frame.payload[1];
      return fail(fmt::format("the server closed with code {}", code));
    }
    case Opcode::kPing: return queue(Opcode::kPong, frame.payload);
    case Opcode::kPong: return;
    default: break;
  }
  ++wire_.frames_in;
  if (frame.last && partial_.empty()) return received(frame.payload);
  partial_.insert(partial_.end(), frame.payload.begin(), frame.payload.end());
  if (frame.last) received(std::exchange(partial_, {}));
}

void Connection::fail(std::string_view why) {
  if (state_ == State::kOff) return;
  const std::string kept(why);
  hang_up();
  lost(kept);
}

}  // namespace syncline::bench
