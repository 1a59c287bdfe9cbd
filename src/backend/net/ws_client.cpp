#include "backend/net/ws_client.h"

#include "backend/net/asio_config.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <string>
#include <type_traits>
#include <utility>

#include "backend/net/event_loop.h"
#include "backend/net/tls.h"

namespace syncline::backend {

class WsTrust {
 public:
  WsTrust() : context(boost::asio::ssl::context::tls_client) {}

  boost::asio::ssl::context context;
};

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMaxMessageBytes = std::size_t{256} << 20;
constexpr std::uint16_t kBroken = 1006;

// `Transport`: a TCP socket, or a TLS stream over one.
template <typename Transport>
class BeastClient final : public ClientSocket,
                          public session::Connection,
                          public std::enable_shared_from_this<BeastClient<Transport>> {
 public:
  static constexpr bool kSecure = !std::is_same_v<Transport, tcp::socket>;

  BeastClient(EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler)
      : context_(loop.context()),
        resolver_(context_),
        socket_(made_with(context_, target)),
        target_(std::move(target)),
        peer_(target_.host + ":" + std::to_string(target_.port)),
        handler_(std::move(handler)) {}

  void start() {
    resolver_.async_resolve(target_.host, std::to_string(target_.port),
                            [self = this->shared_from_this()](
                                error_code error, const tcp::resolver::results_type& found) {
                              if (error) return self->give_up(error.message());
                              asio::async_connect(self->lowest(), found,
                                                  [self](error_code problem, const tcp::endpoint&) {
                                                    problem ? self->give_up(problem.message())
                                                            : self->connected();
                                                  });
                            });
  }

  const std::string& failure() const override { return failure_; }

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
    asio::post(context_, [self = this->shared_from_this()] { self->read(); });
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
    asio::post(context_, [self = this->shared_from_this()] {
      self->read();  // to find the close of the other side
      self->write();
    });
  }
  std::string_view peer() const override { return peer_; }

 private:
  using Socket = beast::websocket::stream<Transport>;

  static Socket made_with(asio::io_context& context, const WsTarget& target) {
    if constexpr (kSecure)
      return Socket(context, target.trust->context);
    else
      return Socket(context);
  }

  tcp::socket& lowest() {
    if constexpr (kSecure)
      return socket_.next_layer().next_layer();
    else
      return socket_.next_layer();
  }

  void connected() {
    if (!handler_) return;
    error_code ignored;
    lowest().set_option(tcp::no_delay(true), ignored);
    if constexpr (kSecure)
      secure();
    else
      shake_hands();
  }

  // For an address, the addresses in the certificate are checked; for a name, its names.
  bool expect_host(SSL* ssl) const {
    const char* const host = target_.host.c_str();
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1) return true;
    ERR_clear_error();
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
  }

  void secure() requires kSecure {
    auto& transport = socket_.next_layer();
    if (!expect_host(transport.native_handle())) return give_up("not a host name");
    transport.async_handshake(
        asio::ssl::stream_base::client, [self = this->shared_from_this()](error_code error) {
          if (!error) return self->shake_hands();
          const long trusted = SSL_get_verify_result(self->socket_.next_layer().native_handle());
          self->give_up(trusted == X509_V_OK
                            ? "the TLS handshake failed: " + error.message()
                            : std::string("the server's certificate is not trusted: ") +
                                  X509_verify_cert_error_string(trusted));
        });
  }

  void shake_hands() {
    if (!handler_) return;
    socket_.set_option(beast::websocket::stream_base::timeout{
        .handshake_timeout = std::chrono::seconds(30),
        .idle_timeout = beast::websocket::stream_base::none(),
        .keep_alive_pings = false});
    socket_.read_message_max(kMaxMessageBytes);
    socket_.binary(true);
    socket_.async_handshake(peer_, target_.path,
                            [self = this->shared_from_this()](error_code error) {
                              if (error) return self->give_up(error.message());
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
    socket_.async_read(input_, [self = this->shared_from_this()](error_code error, std::size_t) {
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
      return socket_.async_close(close_, [self = this->shared_from_this()](error_code error) {
        self->end(error ? kBroken : self->close_.code);
      });
    }
    writing_ = true;
    socket_.async_write(
        asio::buffer(*out_.front()),
        [self = this->shared_from_this()](error_code error, std::size_t) { self->written(error); });
  }

  void written(error_code error) {
    writing_ = false;
    if (error) return end(kBroken);
    queued_ -= out_.front()->size();
    out_.pop_front();
    if (out_.empty() && handler_ && !closing_) handler_->on_drained();
    write();
  }

  void give_up(std::string why) {
    failure_ = std::move(why);
    end(kBroken);
  }

  // Runs once. Operations that are still pending find no handler.
  void end(std::uint16_t code) {
    error_code ignored;
    lowest().close(ignored);
    if (auto handler = std::move(handler_)) {
      asio::post(context_,
                 [self = this->shared_from_this(), handler = std::move(handler), code]() mutable {
                   handler->on_closed(code);
                   handler.reset();
                 });
    }
  }

  asio::io_context& context_;
  tcp::resolver resolver_;
  Socket socket_;
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
  std::string failure_;
};

using PlainClient = BeastClient<tcp::socket>;
using SecureClient = BeastClient<asio::ssl::stream<tcp::socket>>;

constexpr std::string_view kPlainScheme = "ws://";
constexpr std::string_view kSecureScheme = "wss://";

// `rest`: what follows the scheme.
Result<WsTarget> parse_target(std::string_view url, std::string_view rest, std::uint16_t port) {
  const auto bad = [&] {
    return fail(ErrorCode::kInvalid, "not a URL such as ws://127.0.0.1:4400: " + std::string(url));
  };
  const auto slash = std::min(rest.find('/'), rest.size());
  WsTarget target{.host = std::string(rest.substr(0, slash)),
                  .port = port,
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

template <typename Client>
std::shared_ptr<ClientSocket> started(EventLoop& loop, WsTarget target,
                                      std::unique_ptr<session::ConnectionHandler> handler) {
  auto client = std::make_shared<Client>(loop, std::move(target), std::move(handler));
  client->start();
  return client;
}

}  // namespace

Result<std::shared_ptr<WsTrust>> load_ws_trust(const std::string& ca_file) {
  auto trust = std::make_shared<WsTrust>();
  error_code error;
  trust->context.set_verify_mode(asio::ssl::verify_peer, error);
  if (error || !trust_system(trust->context.native_handle()) ||
      SSL_CTX_set_min_proto_version(trust->context.native_handle(), TLS1_2_VERSION) != 1)
    return fail(ErrorCode::kIo, "cannot set up TLS: " + error.message());
  if (!ca_file.empty()) trust->context.load_verify_file(ca_file, error);
  if (error)
    return fail(ErrorCode::kInvalid,
                "there are no certificates to trust in " + ca_file + ": " + error.message());
  return trust;
}

bool is_wss_url(std::string_view url) {
  return url.starts_with(kSecureScheme);
}

Result<WsTarget> parse_ws_url(std::string_view url) {
  if (is_wss_url(url)) return fail(ErrorCode::kUnsupported, "only ws:// is supported, not wss://");
  if (!url.starts_with(kPlainScheme))
    return fail(ErrorCode::kInvalid, "not a URL such as ws://127.0.0.1:4400: " + std::string(url));
  return parse_target(url, url.substr(kPlainScheme.size()), 80);
}

Result<WsTarget> parse_wss_url(std::string_view url, std::shared_ptr<WsTrust> trust) {
  if (!is_wss_url(url))
    return fail(ErrorCode::kInvalid, "not a URL such as wss://docs.example: " + std::string(url));
  auto target = parse_target(url, url.substr(kSecureScheme.size()), 443);
  if (target) target->trust = std::move(trust);
  return target;
}

std::shared_ptr<ClientSocket> connect_websocket(
    EventLoop& loop, WsTarget target, std::unique_ptr<session::ConnectionHandler> handler) {
  return target.trust == nullptr
             ? started<PlainClient>(loop, std::move(target), std::move(handler))
             : started<SecureClient>(loop, std::move(target), std::move(handler));
}

}  // namespace syncline::backend
