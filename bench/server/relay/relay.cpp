#include "relay/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "net/process.h"
#include "relay/handshake.h"

namespace syncline::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr std::size_t kLongestHead = 16 * 1024;
constexpr Nanoseconds kLongWait = 3600 * kSecond;

// y-protocols: sync messages begin with 0, then step 1, step 2 or update.
constexpr std::array<std::uint8_t, 4> kEmptyStep1{0, 0, 1, 0};
constexpr std::array<std::uint8_t, 5> kEmptyStep2{0, 1, 2, 0, 0};

bool is_sync(ByteView message, std::uint8_t kind) {
  return message.size() >= 2 && message[0] == 0 && message[1] == kind;
}
bool is_step1(ByteView message) {
  return is_sync(message, 0);
}
bool is_step2(ByteView message) {
  return is_sync(message, 1);
}
bool is_update(ByteView message) {
  return is_sync(message, 2);
}

int listen_on(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket, kBacklog) != 0)
    give_up("the port is taken");
  return socket;
}

}  // namespace

Relay::Relay(const RelayOptions& options) : options_(options), listener_(listen_on(options.port)) {
  append_frame(empty_step2_, Opcode::kBinary, kEmptyStep2);
  poller_.add(listener_, *this, false);
}

Relay::~Relay() {
  ::close(listener_);
}

void Relay::run() {
  for (;;) {
    poller_.wait(now_ns() + kLongWait);
    // A flush that fails adds to gone_, never to unflushed_.
    for (RelayConnection* connection : unflushed_) connection->flush();
    unflushed_.clear();
    for (RelayConnection* connection : gone_) connections_.erase(connection);
    gone_.clear();
  }
}

void Relay::ready(std::uint32_t) {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    auto connection = std::make_unique<RelayConnection>(*this, socket);
    RelayConnection* const key = connection.get();
    connections_.emplace(key, std::move(connection));
  }
}

bool Relay::loses_this_one(bool is_update) {
  return options_.lose != 0 && is_update && ++updates_ % options_.lose == 0;
}

void Relay::pass_on(const RelayConnection& from, ByteView message) {
  if (loses_this_one(is_update(message))) return;
  Bytes frame;
  append_frame(frame, Opcode::kBinary, message);
  Room& room = *from.room_;
  for (RelayConnection* member : room.members)
    if (member != &from) member->send(frame);
  if (options_.remember == 0 || !is_update(message)) return;
  room.remembered.push_back(std::move(frame));
  if (room.remembered.size() > options_.remember) room.remembered.pop_front();
}

void Relay::answer_step1(RelayConnection& to) {
  to.send(empty_step2_);
  for (const Bytes& frame : to.room_->remembered) to.send(frame);
}

void Relay::flush_later(RelayConnection& connection) {
  unflushed_.push_back(&connection);
}

void Relay::drop_later(RelayConnection& connection) {
  gone_.push_back(&connection);
}

RelayConnection::RelayConnection(Relay& relay, int socket)
    : relay_(relay), stream_(relay.poller(), *this) {
  stream_.adopt(socket);
}

void RelayConnection::send(ByteView frame) {
  Bytes& out = stream_.output();
  out.insert(out.end(), frame.begin(), frame.end());
  if (unflushed_) return;
  unflushed_ = true;
  relay_.flush_later(*this);
}

void RelayConnection::flush() {
  unflushed_ = false;
  if (!gone_ && !stream_.flush()) leave();
}

void RelayConnection::ready(std::uint32_t events) {
  if (gone_) return;
  if ((events & EPOLLOUT) != 0 && !stream_.flush()) return leave();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
  if (!stream_.read([this](std::span<std::uint8_t> bytes) { return take(bytes); })) leave();
}

std::size_t RelayConnection::take(std::span<std::uint8_t> bytes) {
  std::size_t used = 0;
  if (room_ == nullptr) {
    used = upgrade(as_text(bytes));
    if (room_ == nullptr) return used;
  }
  while (!gone_) {
    const Frame frame = read_frame(bytes.subspan(used));
    if (frame.size == 0) break;
    used += frame.size;
    take_frame(frame);
  }
  return used;
}

std::size_t RelayConnection::upgrade(std::string_view head) {
  const std::size_t end = head.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (head.size() > kLongestHead) leave();
    return 0;
  }
  const Upgrade request = read_upgrade(head.substr(0, end + 2));
  if (request.key.empty()) {
    leave();
    return 0;
  }
  send(as_bytes(upgrade_answer(request.key)));
  Bytes step1;
  append_frame(step1, Opcode::kBinary, kEmptyStep1);
  send(step1);
  room_ = &relay_.room(request.path);
  room_->members.push_back(this);
  return end + 4;
}

void RelayConnection::take_frame(const Frame& frame) {
  switch (frame.opcode) {
    case Opcode::kClose: return leave();
    case Opcode::kPing: {
      Bytes pong;
      append_frame(pong, Opcode::kPong, frame.payload);
      return send(pong);
    }
    case Opcode::kPong: return;
    default: break;
  }
  // Messages in several frames are not supported: the load generator sends none.
  if (is_step1(frame.payload)) return relay_.answer_step1(*this);
  // The client's own step 2 contains what the server lacks. The relay has no document, so it
  // ignores it.
  if (!is_step2(frame.payload)) relay_.pass_on(*this, frame.payload);
}

void RelayConnection::leave() {
  if (gone_) return;
  gone_ = true;
  stream_.close();
  if (room_ != nullptr) std::erase(room_->members, this);
  relay_.drop_later(*this);
}

}  // namespace syncline::bench
