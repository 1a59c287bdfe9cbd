#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crc32c.h"
#include "sim/network.h"

namespace syncline::sim {
namespace {

constexpr std::uint16_t kBroken = 1006;
constexpr std::uint64_t kCloseTimeoutUs = 10'000'000;
constexpr int kMessagesPerTurn = 8;

std::string_view name(Side side, const Hello& hello) {
  return side == Side::kClient ? std::string_view(hello.client) : "server";
}

}  // namespace

Wire::Wire(Network& network, Hello hello, Loop& client, Loop& server)
    : network_(network),
      hello_(std::move(hello)),
      dice_(network.world_.dice.fork("wire " + hello_.client, network.world_.now_us())) {
  at(Side::kClient).loop = &client;
  at(Side::kServer).loop = &server;
  for (const Side side : {Side::kClient, Side::kServer})
    at(side).end = std::make_unique<End>(*this, side);
}

Path& Wire::path(Side sender) {
  return network_.path(hello_.number, sender);
}

void Wire::open(Side side, std::unique_ptr<session::ConnectionHandler> handler) {
  State& state = at(side);
  state.handler = std::move(handler);
  state.loop->post([self = shared_from_this(), side] {
    State& state = self->at(side);
    if (state.handler) state.handler->on_open(*state.end);
  });
  if (side != Side::kServer) return;
  network_.attached_.emplace(std::pair(hello_.number, hello_.connection), state.loop);
  ping();
}

bool Wire::done() const {
  return std::ranges::all_of(sides_, [](const State& side) { return side.finished; });
}

// ---- sending

void Wire::send(Side side, SharedBytes message) {
  State& state = at(side);
  if (state.closing || state.finished || state.loop == nullptr) return;
  if (state.queued > network_.speed_.queue_limit) ++state.over_limit;
  state.queued += message->size();
  state.largest = std::max(state.largest, message->size());
  state.congested |= state.queued > network_.speed_.dropping_limit();
  ++state.sent;
  state.out.push_back({std::move(message)});
  state.drain_pending = true;
  flush_later(side);
}

void Wire::close(Side side, std::uint16_t code, std::string_view reason) {
  State& state = at(side);
  if (state.closing || state.finished || state.loop == nullptr) return;
  network_.world_.trace.note(Kind::kConnect, name(side, hello_), name(other(side), hello_), code, 0,
                             [&] { return fmt::format("closes with {} {}", code, reason); });
  state.closing = true;
  state.out.push_back({nullptr, code});
  flush_later(side);
  set_reading(side, true);  // to receive the close of the other side
  network_.world_.timeline.after(kCloseTimeoutUs, [weak = weak_from_this(), side] {
    if (auto self = weak.lock()) self->finish(side, kBroken);
  });
}

// Once per turn, as a socket is written.
void Wire::flush_later(Side side) {
  State& state = at(side);
  if (state.loop == nullptr || std::exchange(state.flush_posted, true)) return;
  state.loop->post([self = shared_from_this(), side] {
    self->at(side).flush_posted = false;
    self->pump(side);
    State& state = self->at(side);
    if (state.queued == 0) state.over_limit = 0;
    if (state.queued > 0 || !std::exchange(state.drain_pending, false)) return;
    if (state.handler && !state.finished) state.handler->on_drained();
  });
}

void Wire::pump(Side sender) {
  State& from = at(sender);
  const State& to = at(other(sender));
  const NetworkSpeed& speed = network_.speed_;
  const std::uint64_t now = network_.world_.now_us();
  while (!from.out.empty()) {
    const bool room = from.flight_bytes + to.inbox_bytes < speed.window_bytes;
    if (!room || to.finished) break;
    Message message = std::move(from.out.front());
    from.out.pop_front();
    if (message.bytes) from.queued -= message.bytes->size();
    const Path& path = this->path(sender);
    from.link_free_us = std::max(now, from.link_free_us) +
                        message.size() * 1000 * path.slowdown / speed.bytes_per_ms;
    std::uint64_t latency = speed.latency_us + dice_.below(speed.jitter_us + 1) + path.extra_us;
    if (dice_.chance(speed.slow_tail)) latency *= 10;
    from.last_arrival_us = std::max(from.last_arrival_us, from.link_free_us + latency);
    from.flight_bytes += message.size();
    from.flight.push_back(std::move(message));
    if (!std::exchange(from.arrival_scheduled, true))
      schedule_arrival(sender, from.last_arrival_us);
  }
  if (to.finished) {
    from.out.clear();
    from.queued = 0;
  }
}

// Later messages follow the first as closely as the link allows.
void Wire::schedule_arrival(Side sender, std::uint64_t time_us) {
  network_.world_.timeline.at(time_us, [weak = weak_from_this(), sender] {
    if (auto self = weak.lock()) self->arrive(sender);
  });
}

void Wire::arrive(Side sender) {
  State& from = at(sender);
  State& to = at(other(sender));
  from.arrival_scheduled = false;
  if (from.flight.empty()) return;
  if (path(sender).blocked) {
    from.stalled = true;
    return;
  }
  Message message = std::move(from.flight.front());
  from.flight.pop_front();
  from.flight_bytes -= message.size();
  if (!from.flight.empty()) {
    from.arrival_scheduled = true;
    schedule_arrival(sender, network_.world_.now_us() + from.flight.front().size() * 1000 *
                                                            path(sender).slowdown /
                                                            network_.speed_.bytes_per_ms);
  }
  if (to.finished || to.loop == nullptr) return;
  to.inbox_bytes += message.size();
  to.inbox.push_back(std::move(message));
  read_later(other(sender));
}

void Wire::unblocked(Side sender) {
  State& from = at(sender);
  if (!std::exchange(from.stalled, false) || from.arrival_scheduled) return;
  from.arrival_scheduled = true;
  schedule_arrival(sender, network_.world_.now_us() + dice_.below(200'000));  // a retransmission
}

// ---- receiving

void Wire::set_reading(Side side, bool on) {
  State& state = at(side);
  if (!on && state.closing) return;
  state.reading = on;
  if (on) read_later(side);
}

void Wire::read_later(Side side) {
  State& state = at(side);
  if (state.loop == nullptr || !state.reading || state.inbox.empty()) return;
  if (std::exchange(state.read_posted, true)) return;
  if (state.read_delay_us == 0) {
    state.loop->post([self = shared_from_this(), side] { self->read(side); });
    return;
  }
  network_.world_.timeline.after(state.read_delay_us, [weak = weak_from_this(), side] {
    const auto self = weak.lock();
    if (self && self->at(side).loop != nullptr)
      self->at(side).loop->post([self, side] { self->read(side); });
  });
}

void Wire::read(Side side) {
  State& state = at(side);
  state.read_posted = false;
  for (int i = 0; i < kMessagesPerTurn && state.reading && !state.inbox.empty(); ++i) {
    Message message = std::move(state.inbox.front());
    state.inbox.pop_front();
    state.inbox_bytes -= message.size();
    state.more_follows = !state.inbox.empty() && state.read_delay_us == 0;
    take(side, std::move(message));
    if (state.read_delay_us > 0) break;
  }
  state.more_follows = false;
  if (state.handler && !state.finished) state.handler->on_input_end();
  read_later(side);
  if (at(other(side)).loop != nullptr) flush_later(other(side));  // the window has room again
}

void Wire::take(Side side, Message message) {
  State& state = at(side);
  if (state.finished || !state.handler) return;
  if (!message.bytes) {
    close(side, message.close_code, {});
    return finish(side, message.close_code);
  }
  if (state.closing) return;
  network_.world_.trace.note(Kind::kMessage, name(other(side), hello_), name(side, hello_),
                             message.bytes->size(), crc32c(*message.bytes),
                             [&] { return fmt::format("{} bytes", message.bytes->size()); });
  ++state.taken;
  const ByteView bytes = *message.bytes;
  if (bytes.size() <= state.message_limit) return state.handler->on_message(bytes);
  const std::size_t beginning = std::min(session::kBeginningBytes, bytes.size());
  state.handler->on_too_large(bytes.first(beginning), state.message_limit);
}

// ---- closing

void Wire::finish(Side side, std::uint16_t code) {
  State& state = at(side);
  if (std::exchange(state.finished, true)) return;
  state.inbox.clear();
  state.inbox_bytes = 0;
  if (state.loop == nullptr) return;
  state.loop->post(
      [self = shared_from_this(), handler = std::move(state.handler), code, side]() mutable {
        if (handler) handler->on_closed(code);
        handler.reset();
        if (side == Side::kServer)
          self->network_.attached_.erase({self->hello_.number, self->hello_.connection});
      });
}

void Wire::reset() {
  network_.world_.trace.note(Kind::kConnect, hello_.client, "server", kBroken, 0,
                             [] { return "connection reset"; });
  for (const Side side : {Side::kClient, Side::kServer}) reset_unheard_by(side);
}

void Wire::reset_unheard_by(Side unheard) {
  const Side side = other(unheard);
  State& state = at(side);
  state.flight.clear();
  state.flight_bytes = 0;
  state.out.clear();
  state.queued = 0;
  at(unheard).flight.clear();
  at(unheard).flight_bytes = 0;
  finish(side, kBroken);
}

void Wire::abandon(Side side) {
  State& state = at(side);
  state.finished = true;
  state.out.clear();
  state.queued = 0;
  state.inbox.clear();
  state.inbox_bytes = 0;
  state.loop = nullptr;
  state.handler.reset();
}

// The server's keepalive: two pings without an answer end the connection.
void Wire::ping() {
  network_.world_.timeline.after(network_.speed_.ping_ms * 1000, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->at(Side::kServer).finished) return;
    State& server = self->at(Side::kServer);
    const State& client = self->at(Side::kClient);
    const bool heard = !self->path(Side::kClient).blocked && !self->path(Side::kServer).blocked &&
                       !client.finished && client.loop != nullptr && !client.loop->paused();
    server.missed_pings = heard || !server.reading ? 0 : server.missed_pings + 1;
    if (server.missed_pings >= 2) return self->reset_unheard_by(Side::kClient);
    self->ping();
  });
}

}  // namespace syncline::sim
