#include "backend/faults/fault_link.h"

#include "backend/net/asio_config.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <list>
#include <utility>

#include "backend/net/event_loop.h"
#include "syncline/bytes.h"

namespace syncline::backend {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kCopyBytes = 16 << 10;
constexpr auto kMicros = [](std::uint64_t us) {
  return std::chrono::microseconds(static_cast<std::int64_t>(us));
};

void break_off(tcp::socket& socket) {
  error_code ignored;
  if (socket.is_open()) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

struct FaultLink::Impl {
  Impl(EventLoop& loop, std::uint16_t upstream)
      : context(loop.context()),
        acceptor(context),
        upstream(asio::ip::address_v4::loopback(), upstream) {}

  class Connection;

  void accept(const std::shared_ptr<Impl>& self);
  std::list<std::shared_ptr<Connection>> live() {
    connections.remove_if([](const auto& weak) { return weak.expired(); });
    std::list<std::shared_ptr<Connection>> all;
    for (const auto& weak : connections)
      if (auto connection = weak.lock()) all.push_back(std::move(connection));
    return all;
  }

  asio::io_context& context;
  tcp::acceptor acceptor;
  tcp::endpoint upstream;
  std::array<LinkWay, 2> ways;
  bool refusing = false;
  Counters counters;
  std::list<std::weak_ptr<Connection>> connections;
};

// Its own pending operations keep it alive.
class FaultLink::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> link, tcp::socket client)
      : link_(std::move(link)),
        client_(std::move(client)),
        server_(link_->context),
        pipes_{Pipe(*this, Way::kUp), Pipe(*this, Way::kDown)} {}

  void start() {
    server_.async_connect(link_->upstream, [self = shared_from_this()](error_code error) {
      if (error || self->broken_) return self->reset();
      error_code ignored;
      self->client_.set_option(tcp::no_delay(true), ignored);
      self->server_.set_option(tcp::no_delay(true), ignored);
      for (Pipe& pipe : self->pipes_) pipe.read();
    });
  }

  void reset() {
    broken_ = true;
    for (Pipe& pipe : pipes_) pipe.stop();
    break_off(client_);
    break_off(server_);
  }

  // The connection at the other end stays open; the bytes that come from there are discarded.
  void reset_half(Way unheard) {
    if (broken_ || !server_.is_open()) return;
    for (Pipe& pipe : pipes_) pipe.stop();
    break_off(unheard == Way::kUp ? server_ : client_);
    swallow(unheard == Way::kUp ? client_ : server_);
  }

  void changed() {
    for (Pipe& pipe : pipes_) pipe.changed();
  }

 private:
  struct Chunk {
    Clock::time_point due;
    Bytes bytes;  // empty: the end of the stream
  };

  // One direction.
  class Pipe {
   public:
    Pipe(Connection& connection, Way way)
        : connection_(connection), way_(way), timer_(connection.link_->context) {}

    void read() {
      if (stopped_ || ended_ || reading_ || held_ >= kWindowBytes) return;
      reading_ = true;
      from().async_read_some(asio::buffer(input_), [this, self = connection_.shared_from_this()](
                                                       error_code error, std::size_t count) {
        reading_ = false;
        if (stopped_) return;
        if (error && error != asio::error::eof) return self->reset();
        take(error ? 0 : count);
        read();
        forward();
      });
    }

    void forward() {
      if (stopped_ || writing_ || chunks_.empty() || how().blocked) return;
      const auto now = Clock::now();
      if (chunks_.front().due > now) {
        timer_.expires_at(chunks_.front().due);
        timer_.async_wait([this, self = connection_.shared_from_this()](error_code error) {
          if (!error) forward();
        });
        return;
      }
      if (chunks_.front().bytes.empty()) return finish();
      writing_ = true;
      asio::async_write(
          to(), asio::buffer(chunks_.front().bytes),
          [this, self = connection_.shared_from_this()](error_code error, std::size_t) {
            writing_ = false;
            if (stopped_) return;
            if (error) return self->reset();
            held_ -= chunks_.front().bytes.size();
            chunks_.pop_front();
            read();
            forward();
          });
    }

    // Bytes that are already delayed wait no longer than bytes that arrive now would.
    void changed() {
      const auto now = Clock::now();
      if (how().bytes_per_second == 0) {
        free_at_ = now;
        for (Chunk& chunk : chunks_)
          chunk.due = std::min(chunk.due, now + kMicros(how().latency_us));
      }
      forward();
    }

    void stop() {
      stopped_ = true;
      timer_.cancel();
    }
    bool finished() const { return finished_; }

   private:
    const LinkWay& how() const { return connection_.link_->ways[static_cast<std::size_t>(way_)]; }
    tcp::socket& from() { return way_ == Way::kUp ? connection_.client_ : connection_.server_; }
    tcp::socket& to() { return way_ == Way::kUp ? connection_.server_ : connection_.client_; }

    void take(std::size_t count) {
      Counters& counters = connection_.link_->counters;
      (way_ == Way::kUp ? counters.bytes_up : counters.bytes_down) += count;
      const auto now = Clock::now();
      free_at_ = std::max(free_at_, now);
      if (how().bytes_per_second > 0)
        free_at_ += kMicros(count * 1'000'000 / how().bytes_per_second);
      held_ += count;
      ended_ = count == 0;
      chunks_.push_back(
          {free_at_ + kMicros(how().latency_us),
           Bytes(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(count))});
    }

    void finish() {
      if (std::exchange(finished_, true)) return;
      error_code ignored;
      to().shutdown(tcp::socket::shutdown_send, ignored);
      if (std::ranges::all_of(connection_.pipes_, &Pipe::finished)) connection_.reset();
    }

    Connection& connection_;
    const Way way_;
    asio::steady_timer timer_;
    std::array<std::uint8_t, kCopyBytes> input_;
    std::deque<Chunk> chunks_;
    std::size_t held_ = 0;
    Clock::time_point free_at_;  // when the bytes taken so far have left the link
    bool reading_ = false;
    bool writing_ = false;
    bool ended_ = false;     // no more bytes will come
    bool finished_ = false;  // and all bytes have been forwarded
    bool stopped_ = false;
  };

  void swallow(tcp::socket& from) {
    from.async_read_some(asio::buffer(waste_),
                         [&from, self = shared_from_this()](error_code error, std::size_t) {
                           error ? self->reset() : self->swallow(from);
                         });
  }

  const std::shared_ptr<Impl> link_;
  tcp::socket client_;
  tcp::socket server_;
  std::array<Pipe, 2> pipes_;
  std::array<std::uint8_t, 4096> waste_;
  bool broken_ = false;
};

void FaultLink::Impl::accept(const std::shared_ptr<Impl>& self) {
  acceptor.async_accept([self](error_code error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error && self->refusing) break_off(socket);
    if (!error && socket.is_open()) {
      ++self->counters.connections;
      const auto connection = std::make_shared<Connection>(self, std::move(socket));
      self->connections.push_back(connection);
      connection->start();
    }
    self->accept(self);
  });
}

Result<std::unique_ptr<FaultLink>> FaultLink::open(EventLoop& loop, std::uint16_t upstream_port) {
  auto impl = std::make_shared<Impl>(loop, upstream_port);
  const tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  error_code error;
  if (!error) impl->acceptor.open(any.protocol(), error);
  if (!error) impl->acceptor.bind(any, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot listen for a proxy: " + error.message());
  impl->accept(impl);
  return std::unique_ptr<FaultLink>(new FaultLink(std::move(impl)));
}

FaultLink::FaultLink(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

FaultLink::~FaultLink() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  reset();
}

std::uint16_t FaultLink::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void FaultLink::set(Way way, const LinkWay& how) {
  impl_->ways[static_cast<std::size_t>(way)] = how;
  for (const auto& connection : impl_->live()) connection->changed();
}

const LinkWay& FaultLink::way(Way way) const {
  return impl_->ways[static_cast<std::size_t>(way)];
}

void FaultLink::set_refusing(bool on) {
  impl_->refusing = on;
}

void FaultLink::reset() {
  for (const auto& connection : impl_->live()) connection->reset();
}

void FaultLink::reset_half(Way unheard_by_the_sender_of) {
  for (const auto& connection : impl_->live()) connection->reset_half(unheard_by_the_sender_of);
}

void FaultLink::heal() {
  impl_->refusing = false;
  for (const Way way : {Way::kUp, Way::kDown}) set(way, {});
}

FaultLink::Counters FaultLink::counters() const {
  return impl_->counters;
}

std::size_t FaultLink::open_connections() const {
  return impl_->live().size();
}

}  // namespace syncline::backend
