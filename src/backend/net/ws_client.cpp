#include "backend/net/ws_client.h"

#include "backend/net/asio_config.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <utility>

#include "backend/net/event_loop.h"

namespace syncline::backend {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMaxMessageBytes = std::size_t{256} << 20;
constexpr std::uint16_t kBroken = 1006;

class BeastClient final : public ClientSocket,
                          public session::Connection,
                          public std::enable_shared_from_this<BeastClient> {
 public:
  BeastClient(EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler)
      : context_(loop.context()),
        resolver_(context_),
        socket_(context_),
        target_(std::move(target)),
        peer_(target_.host + ":" + std::to_string(target_.port)),
        handler_(std::move(handler)) {}

  void start() {
    resolver_.async_resolve(
        target_.host, std::to_string(target_.port),
        [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
          if (error) return self->end(kBroken);
          asio::async_connect(self->lowest(), found,
                              [self](error_code problem, const tcp::endpoint&) {
                                problem ? self->end(kBroken) : self->shake_hands();
                              });
        });
  }

  void abandon(bool reset) override {
    handler_.reset();
    error_code ignored;
    if (reset && lowest().is_open())
      lowest().set_option(asio::socket_base::linger(true, 0), ignored);
    resolver_.cancel();
    lowest().close(ignored);
  }

  // ---- session::Connection
  void send(session::SharedBytes message) override {
    if (closing_ || !handler_) return;
    queued_ += message->size();
    out_.push_back(std::move(message));
    write();
  }
  void set_reading(bool on) override {
    if (std::exchange(reading_, on) == on || !on) return;
    asio::post(context_, [self = shared_from_this()] { self->read(); });
  }
  void limit_messages(std::size_t bytes) override {
    socket_.read_message_max(std::min(bytes, kMaxMessageBytes));
  }
  std::size_t queued_bytes() const override { return queued_; }
  void close(std::uint16_t code, std::string_view reason) override {
    if (std::exchange(closing_, true)) return;
    close_.code = code;
    close_.reason.assign(reason.data(), std::min(reason.size(), close_.reason.max_size()));
    reading_ = true;
    asio::post(context_, [self = shared_from_this()] {
      self->read();  // to find the close of the other side
      self->write();
    });
  }
  std::string_view peer() const override { return peer_; }

 private:
  tcp::socket& lowest() { return socket_.next_layer(); }

  void shake_hands() {
    if (!handler_) return;
    error_code ignored;
    lowest().set_option(tcp::no_delay(true), ignored);
    socket_.set_option(beast::websocket::stream_base::timeout{
        .handshake_timeout = std::chrono::seconds(30),
        .idle_timeout = beast::websocket::stream_base::none(),
        .keep_alive_pings = false});
    socket_.read_message_max(kMaxMessageBytes);
    socket_.binary(true);
    socket_.async_handshake(peer_, target_.path, [self = shared_from_this()](error_code error) {
      if (error) return self->end(kBroken);
      if (!self->handler_) return;
      self->open_ = true;
      self->handler_->on_open(*self);
      self->read();
    });
  }

  void read() {
    if (!open_ || !reading_ || !handler_) return;
    if (std::exchange(held_, false)) return deliver();
    if (std::exchange(read_pending_, true)) return;
    socket_.async_read(input_, [self = shared_from_this()](error_code error, std::size_t) {
      self->read_pending_ = false;
      if (error) {
        const bool closed = error == beast::websocket::error::closed;
        return self->end(closed ? self->socket_.reason().code : kBroken);
      }
      self->held_ = true;
      self->read();
    });
  }

  void deliver() {
    const auto data = input_.cdata();
    const Bytes message(static_cast<const std::uint8_t*>(data.data()),
                        static_cast<const std::uint8_t*>(data.data()) + data.size());
    input_.consume(input_.size());
    if (!closing_) handler_->on_message(message);
    read();
  }

  void write() {
    if (!open_ || writing_ || !handler_) return;
    if (out_.empty()) {
      if (!closing_ || std::exchange(close_sent_, true)) return;
      return socket_.async_close(close_, [self = shared_from_this()](error_code error) {
        self->end(error ? kBroken : self->close_.code);
      });
    }
    writing_ = true;
    socket_.async_write(
        asio::buffer(*out_.front()),
        [self = shared_from_this()](error_code error, std::size_t) { self->written(error); });
  }

  void written(error_code error) {
    writing_ = false;
    if (error) return end(kBroken);
    queued_ -= out_.front()->size();
    out_.pop_front();
    if (out_.empty() && handler_ && !closing_) handler_->on_drained();
    write();
  }

  // Runs once. Operations that are still pending find no handler.
  void end(std::uint16_t code) {
    error_code ignored;
    lowest().close(ignored);
    if (auto handler = std::move(handler_)) {
      asio::post(context_,
                 [self = shared_from_this(), handler = std::move(handler), code]() mutable {
                   handler->on_closed(code);
                   handler.reset();
                 });
    }
  }

  asio::io_context& context_;
  tcp::resolver resolver_;
  beast::websocket::stream<tcp::socket> socket_;
  const WsTarget target_;
  const std::string peer_;
  std::unique_ptr<session::ConnectionHandler> handler_;  // null: no handler any more
  beast::flat_buffer input_;
  std::deque<session::SharedBytes> out_;
  std::size_t queued_ = 0;
  beast::websocket::close_reason close_;
  bool open_ = false;
  bool reading_ = true;
  bool read_pending_ = false;
  bool held_ = false;  // input_ contains a whole message
  bool writing_ = false;
  bool closing_ = false;
  bool close_sent_ = false;
};

}  // namespace

Result<WsTarget> parse_ws_url(std::string_view url) {
  if (url.starts_with("wss://"))
    return fail(ErrorCode::kUnsupported, "only ws:// is supported, not wss://");
  const auto bad = [&] {
    return fail(ErrorCode::kInvalid, "not a URL such as ws://127.0.0.1:4400: " + std::string(url));
  };
  if (!url.starts_with("ws://")) return bad();
  std::string_view rest = url.substr(5);
  const auto slash = std::min(rest.find('/'), rest.size());
  WsTarget target{.host = std::string(rest.substr(0, slash)),
                  .port = 80,
                  .path = std::string(rest.substr(slash))};
  while (target.path.ends_with('/')) target.path.pop_back();
  const auto colon = target.host.rfind(':');
  if (colon != std::string::npos && target.host.find(']', colon) == std::string::npos) {
    const std::string digits = target.host.substr(colon + 1);
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, target.port);
    if (parsed.ec != std::errc() || parsed.ptr != end || target.port == 0) return bad();
    target.host.resize(colon);
  }
  if (target.host.starts_with('[') && target.host.ends_with(']'))
    target.host = target.host.substr(1, target.host.size() - 2);
  if (target.host.empty()) return bad();
  return target;
}

std::shared_ptr<ClientSocket> connect_websocket(
    EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler) {
  auto client = std::make_shared<BeastClient>(loop, std::move(target), std::move(handler));
  client->start();
  return client;
}

}  // namespace syncline::backend
