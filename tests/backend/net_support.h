// A server on loopback and plain blocking clients that speak to it byte by byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backend/net/event_loop.h"
#include "backend/net/server.h"
#include "backend/net/ws_frame.h"

namespace syncline::backend {

// A client socket; every wait gives up after five seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, bool tls = false, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (tls && connected_) start_tls();
  }
  ~RawClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    if (fd_ >= 0) ::close(fd_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool secure() const { return handshake_done_; }

  bool send(std::string_view data) {
    while (!data.empty()) {
      const ssize_t done = ssl_ ? SSL_write(ssl_, data.data(), static_cast<int>(data.size()))
                                : ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (done <= 0) return false;
      data.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }

  void end_writing() { ::shutdown(fd_, SHUT_WR); }

  // Ends with a reset instead of the orderly end.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
  }

  // Appends what comes to `buffer`. False at the end, on an error, or after the time limit.
  bool fill() {
    char data[65536];
    const ssize_t got =
        ssl_ ? SSL_read(ssl_, data, sizeof data) : ::recv(fd_, data, sizeof data, 0);
    if (got <= 0) {
      ended_ = got == 0 || errno == ECONNRESET;
      return false;
    }
    buffer.append(data, static_cast<std::size_t>(got));
    return true;
  }

  std::string take(std::size_t size) {
    while (buffer.size() < size && fill()) continue;
    std::string taken = buffer.substr(0, size);
    buffer.erase(0, taken.size());
    return taken;
  }

  // Up to and with `mark`; what there is, if it does not come.
  std::string take_until(std::string_view mark) {
    while (buffer.find(mark) == std::string::npos && fill()) continue;
    const auto at = buffer.find(mark);
    return take(at == std::string::npos ? buffer.size() : at + mark.size());
  }

  // Everything up to the end of the stream.
  std::string take_all() {
    while (fill()) continue;
    return std::exchange(buffer, {});
  }

  // One response with a Content-Length.
  std::string take_response() {
    std::string head = take_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + take(std::stoul(head.substr(at + 16)));
  }

  // The peer has ended the connection (and did not merely stay silent).
  bool ended() {
    while (fill()) continue;
    return ended_;
  }

  std::string buffer;

 private:
  void start_tls() {
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    handshake_done_ = SSL_connect(ssl_) == 1;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool handshake_done_ = false;
  bool ended_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

inline std::string masked_frame(std::uint8_t first, std::string_view payload,
                                std::string_view mask = "\x37\xfa\x21\x3d") {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    const int bytes = payload.size() <= 0xffff ? 2 : 8;
    frame += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(payload.size() >> (8 * i));
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

inline std::string close_payload(std::uint16_t code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  payload += reason;
  return payload;
}

struct ServerFrame {
  std::uint8_t first = 0;  // 0 when none came
  std::string payload;

  std::uint16_t close_code() const {
    if (first != 0x88 || payload.size() < 2) return 0;
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                      static_cast<std::uint8_t>(payload[1]));
  }
};

class WsClient : public RawClient {
 public:
  explicit WsClient(std::uint16_t port, std::string_view path = "/echo", bool tls = false,
                    int receive_buffer = 0)
      : RawClient(port, tls, receive_buffer) {
    send("GET " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    response = take_until("\r\n\r\n");
  }

  bool open() const { return response.starts_with("HTTP/1.1 101 "); }
  void send_binary(std::string_view payload) { send(masked_frame(0x82, payload)); }

  ServerFrame take_frame() {
    const std::string head = take(2);
    if (head.size() < 2) return {};
    ServerFrame frame{static_cast<std::uint8_t>(head[0]), {}};
    std::uint64_t size = static_cast<std::uint8_t>(head[1]);
    if (size >= 126) {
      const std::string more = take(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : more) size = size << 8 | static_cast<std::uint8_t>(c);
    }
    frame.payload = take(size);
    return frame;
  }

  // Waits for the close frame, over whatever comes before it.
  std::uint16_t take_close_code() {
    for (;;) {
      const ServerFrame frame = take_frame();
      if (frame.first == 0 || frame.first == 0x88) return frame.close_code();
    }
  }

  std::string response;
};

// What handlers report, from any loop; a test waits for it.
class Journal {
 public:
  void note(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  // Waits until `line` has been noted `times` times.
  bool wait_for(const std::string& line, int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return std::ranges::count(lines_, line) >= times; });
  }

  int count(const std::string& line) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count(lines_, line));
  }

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// Sends every message back and notes what happens. A few messages are commands:
// "close N" closes with that code, "burst N M" sends N messages of M bytes.
class EchoHandler : public session::ConnectionHandler {
 public:
  explicit EchoHandler(Journal& journal) : journal_(journal) {}
  ~EchoHandler() override { journal_.note("destroyed"); }

  void on_open(session::Connection& connection) override {
    connection_ = &connection;
    journal_.note("open");
  }

  void on_message(ByteView message) override {
    const std::string text(as_text(message));
    if (text.starts_with("close ")) {
      connection_->close(static_cast<std::uint16_t>(std::stoi(text.substr(6))), "as asked");
      connection_->send(std::make_shared<const Bytes>(message.begin(), message.end()));  // ignored
    } else if (text.starts_with("burst ")) {
      std::size_t at = 0;
      const int count = std::stoi(text.substr(6), &at);
      const auto bytes =
          std::make_shared<const Bytes>(std::stoul(text.substr(6 + at)), std::uint8_t{'x'});
      for (int i = 0; i < count; ++i) connection_->send(bytes);
      journal_.note("queued " + std::to_string(connection_->queued_bytes()));
    } else {
      connection_->send(std::make_shared<const Bytes>(message.begin(), message.end()));
    }
  }

  void on_drained() override {
    journal_.note("drained " + std::to_string(connection_->queued_bytes()));
  }

  void on_closed(std::uint16_t code) override { journal_.note("closed " + std::to_string(code)); }

 private:
  Journal& journal_;
  session::Connection* connection_ = nullptr;
};

inline std::optional<std::size_t> loop_of(std::string_view query) {
  const auto loop = http::query_parameter(query, "loop");
  if (!loop) return std::nullopt;
  return std::stoul(*loop);
}

// Loops, a server and an echoing application.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, std::size_t loops = 1, http::Handler http = {},
                      node::UpgradeHandler upgrade = {}, ListenOptions listen = {})
      : loops(loops),
        server(this->loops, options, http ? std::move(http) : default_http(),
               upgrade ? std::move(upgrade) : default_upgrade()) {
    this->loops.start();
    const auto result = server.listen(listen);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    port = result.value_or(0);
  }
  ~TestServer() { server.stop(); }

  Journal journal;
  LoopGroup loops;
  Server server;
  std::uint16_t port = 0;

 private:
  http::Handler default_http() {
    return [](http::Request request, http::Responder responder) {
      responder.respond(http::text_response(
          200, request.method + " " + request.path + "?" + request.query + " " + request.body));
    };
  }

  node::UpgradeHandler default_upgrade() {
    return [this](http::Request request, node::UpgradeReply reply) {
      if (request.path == "/refuse")
        return reply(node::UpgradeRefusal{http::error_response(403, "forbidden", "not \"you\"")});
      node::UpgradeAcceptance acceptance;
      acceptance.loop = loop_of(request.query).value_or(request.loop);
      acceptance.make_handler = [this](Scheduler&) {
        return std::make_unique<EchoHandler>(journal);
      };
      reply(std::move(acceptance));
    };
  }
};

// Accepts every WebSocket, with a handler that `make` makes on its loop.
inline node::UpgradeHandler accept_with(
    std::function<std::unique_ptr<session::ConnectionHandler>(Scheduler&)> make) {
  return [make = std::move(make)](const http::Request&, node::UpgradeReply reply) {
    node::UpgradeAcceptance acceptance;
    acceptance.make_handler = make;
    reply(std::move(acceptance));
  };
}

inline void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

// Takes the processor for so long.
inline void work_for_us(int us) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
  while (std::chrono::steady_clock::now() < until) continue;
}

// Waits for it, at most some seconds.
inline bool comes_true(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000 && !holds(); ++i) sleep_ms(2);
  return holds();
}

}  // namespace syncline::backend
