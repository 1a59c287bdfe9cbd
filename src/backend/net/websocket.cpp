#include "backend/net/websocket.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace syncline::backend {
namespace {

constexpr std::uint64_t kNoDeadline = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kCloseLingerMs = 2000;

// At most `size` bytes of text, cut between two characters.
std::string_view cut_text(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

void WebSocket::adopt(Shard& shard, Handoff handoff) {
  if (shard.stopped()) return;
  const auto socket = std::make_shared<WebSocket>(Private{}, shard, handoff);
  if (socket->attach()) socket->open(handoff);
}

WebSocket::WebSocket(Private, Shard& shard, Handoff& handoff)
    : Socket(shard, std::move(handoff.stream), std::move(handoff.slot), std::move(handoff.peer)),
      parser_(shard.core().options.max_message_bytes, session::kBeginningBytes),
      deadline_ms_(kNoDeadline),
      last_ping_ms_(shard.now_ms()) {}

void WebSocket::open(Handoff& handoff) {
  shard_.counters().open_websockets.add();
  auto head = std::make_shared<const std::string>(std::move(handoff.response_head));
  out_.push({}, as_bytes(*head), head, false);
  request_flush();
  handler_ = handoff.make_handler(shard_.loop());
  SYNCLINE_ASSERT(handler_);
  handler_->on_open(*this);
  if (shard_.core().draining) drain();
  if (!handoff.input.empty()) take(handoff.input);
  arm(wants_input());
}

void WebSocket::send(session::SharedBytes message) {
  if (queue(std::move(message))) request_flush();
}

void WebSocket::send_ahead(session::SharedBytes message) {
  if (queue(std::move(message))) request_flush_ahead();
}

void WebSocket::send_soon(session::SharedBytes message) {
  if (queue(std::move(message))) request_flush_soon();
}

// False if nobody gets it.
bool WebSocket::queue(session::SharedBytes message) {
  if (is_destroyed() || state_ != State::kOpen || !message) return false;
  const WsHeader header = ws_frame_header(WsOpcode::kBinary, message->size());
  const ByteView payload = *message;
  if (out_.empty()) last_write_ms_ = shard_.now_ms();
  if (!drain_pending_) queued_us_ = shard_.loop().turn_began_us();
  out_.push(header.view(), payload, std::move(message), true);
  drain_pending_ = true;
  shard_.counters().messages_out.add();
  return true;
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (is_destroyed() || state_ != State::kOpen) return;
  send_close(is_ws_close_code(code) ? code : kWsNormal, reason);
  state_ = State::kClosing;
  deadline_ms_ = shard_.now_ms() + shard_.core().options.close_timeout_ms;
  parser_.set_limit(0);  // further messages are for nobody
  set_reading(true);     // in order to receive the peer's close frame
}

void WebSocket::set_reading(bool on) {
  if (!on) {
    paused_ = state_ == State::kOpen && !is_destroyed();
  } else if (std::exchange(paused_, false) && !is_destroyed()) {
    heard_ = true;  // the silence was our choice
    held_->empty() ? arm(true) : take_held_later();
  }
}

void WebSocket::limit_messages(std::size_t bytes) {
  parser_.set_limit(std::min(bytes, shard_.core().options.max_message_bytes));
}

bool WebSocket::wants_input() const {
  return !paused_ && held_->empty();
}

void WebSocket::on_ready() {
  if (is_destroyed()) return;
  if (state_ == State::kFlushing || state_ == State::kLingering) {
    if (discard_input()) {
      write_queue();  // the peer may have closed only its own side
      return destroy();
    }
  } else if (std::exchange(taking_held_, false)) {
    take_held();
  } else {
    read_input();
  }
  if (is_destroyed()) return;
  hold(held_bytes());
  if (!out_.empty()) request_flush();
  arm(wants_input());
}

// Limits the reads of one turn, so that other connections of this loop get their turn in between.
void WebSocket::read_input() {
  for (int i = 0; i < 4 && wants_input(); ++i) {
    if (i > 0 && shard_.loop().slice_is_over()) return;
    if (state_ != State::kOpen && state_ != State::kClosing) return;
    std::span<std::uint8_t> data;
    const IoResult result = read(data);
    if (result.status == IoStatus::kOk) {
      heard_ = true;
      take(data);
      const bool whole = data.size() < shard_.scratch().size();
      if (is_destroyed() || (whole && !stream_->has_buffered())) return;
    } else if (result.status == IoStatus::kEnd || result.status == IoStatus::kError) {
      return break_off();
    } else {
      return;
    }
  }
}

void WebSocket::take(std::span<std::uint8_t> input) {
  take_messages(input);
  more_follows_ = false;
  if (std::exchange(input_continues_, false) && handler_) handler_->on_input_end();
}

void WebSocket::take_messages(std::span<std::uint8_t> input) {
  while (!is_destroyed() && (state_ == State::kOpen || state_ == State::kClosing)) {
    if (paused_) {
      Bytes& held = held_.make();
      held.insert(held.end(), input.begin(), input.end());
      return;
    }
    const WsEvent event = parser_.next(input);
    if (event.kind == WsEvent::Kind::kNeedMore) return;
    more_follows_ = !input.empty();
    input_continues_ |= more_follows_;
    handle(event);
    if (more_follows_ && !paused_ && shard_.loop().slice_is_over()) return put_off(input);
  }
}

// The rest is taken in a later turn, when others have had theirs.
void WebSocket::put_off(std::span<const std::uint8_t> rest) {
  if (is_destroyed() || (state_ != State::kOpen && state_ != State::kClosing)) return;
  Bytes& held = held_.make();
  held.insert(held.end(), rest.begin(), rest.end());
  take_held_later();
}

// Once in a round, however often reading was stopped and resumed.
void WebSocket::take_held_later() {
  if (std::exchange(taking_held_, true)) return;
  watch_.again(shared_from_this());
}

void WebSocket::take_held() {
  if (paused_) return;
  if (held_->empty()) return;
  Bytes held = std::move(held_.make());
  held_.drop();
  take(held);
}

void WebSocket::handle(const WsEvent& event) {
  switch (event.kind) {
    case WsEvent::Kind::kBinary:
      // Between our close frame and the peer's, the session expects no more messages.
      if (state_ != State::kOpen) return;
      shard_.counters().messages_in.add();
      return handler_->on_message(event.payload);
    case WsEvent::Kind::kTooBig: return handle_too_big(event);
    case WsEvent::Kind::kText: return fail(kWsUnsupportedData, "binary messages only");
    case WsEvent::Kind::kPing:
      answer_ping(event.payload);
      if (state_ == State::kOpen) handler_->on_control(event.payload.size());
      return;
    case WsEvent::Kind::kClose: return handle_close(event);
    case WsEvent::Kind::kError:
      shard_.counters().protocol_errors.add();
      return fail(event.code, event.problem);
    case WsEvent::Kind::kPong:
      if (state_ == State::kOpen) handler_->on_control(event.payload.size());
      return;
    case WsEvent::Kind::kNeedMore: return;
  }
}

void WebSocket::handle_too_big(const WsEvent& event) {
  if (state_ != State::kOpen) return;
  shard_.counters().messages_too_big.add();
  if (!handler_->on_too_large(event.payload, parser_.limit()))
    fail(kWsTooBig, "message is too big");
}

void WebSocket::handle_close(const WsEvent& event) {
  if (state_ == State::kOpen) send_close(event.code, {});
  finish(event.code);
}

void WebSocket::fail(std::uint16_t code, std::string_view reason) {
  shard_.reporter(observe::Area::kNet)
      .debug("WebSocket failed", {{"peer", peer_}, {"code", code}, {"reason", reason}});
  if (state_ == State::kOpen) send_close(code, reason);
  finish(code);
}

// If a peer sends pings and reads nothing, only one answer is queued for all of them.
void WebSocket::answer_ping(ByteView payload) {
  if (state_ != State::kOpen) return;
  if (pong_queued_) {
    next_pong_ = std::make_unique<Bytes>(to_bytes(payload));
    return;
  }
  send_control(WsOpcode::kPong, payload);
}

void WebSocket::send_control(WsOpcode opcode, ByteView payload) {
  SYNCLINE_ASSERT(payload.size() <= kWsControlMax);
  auto owned = std::make_shared<const Bytes>(to_bytes(payload));
  const WsHeader header = ws_frame_header(opcode, owned->size());
  if (out_.empty()) last_write_ms_ = shard_.now_ms();
  const std::uint64_t entry = out_.push(header.view(), *owned, owned, false);
  if (opcode == WsOpcode::kPong) {
    last_pong_entry_ = entry;
    pong_queued_ = true;
  } else if (opcode == WsOpcode::kPing) {
    last_ping_entry_ = entry;
    ping_queued_ = true;
  }
  request_flush();
}

void WebSocket::send_close(std::uint16_t code, std::string_view reason) {
  Bytes payload;
  if (code != kWsNoCode) {
    payload = {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)};
    const auto text = cut_text(reason, kWsControlMax - 2);
    if (is_utf8(as_bytes(text))) payload.insert(payload.end(), text.begin(), text.end());
  }
  send_control(WsOpcode::kClose, payload);
}

// Posts the handler's last call; the handler and this object live until then. What is queued is
// still written, the close frame last.
void WebSocket::finish(std::uint16_t code) {
  if (state_ == State::kFlushing || state_ == State::kLingering) return;
  state_ = State::kFlushing;
  deadline_ms_ = shard_.now_ms() + shard_.core().options.close_timeout_ms;
  held_.drop();
  parser_ = WsParser(0);
  hold(0);
  paused_ = false;
  shard_.counters().open_websockets.subtract();
  shard_.loop().post([self = shared_from_this(), handler = std::move(handler_), code]() mutable {
    if (handler) handler->on_closed(code);
    handler.reset();
  });
  request_flush();
}

// For a broken connection, or a peer that misses a deadline.
void WebSocket::break_off() {
  finish(kWsAbnormal);
  destroy();
}

void WebSocket::flush() {
  const bool was_blocked = is_write_blocked();
  const std::size_t before = out_.bytes();
  if (write_queue() == Written::kBroken) return break_off();
  // A peer that accepts bytes is alive, even if our ping is still queued behind other data.
  if (was_blocked && out_.bytes() < before) heard_ = true;
  if (pong_queued_ && out_.is_written(last_pong_entry_)) {
    pong_queued_ = false;
    if (next_pong_ && state_ == State::kOpen)
      send_control(WsOpcode::kPong, *std::exchange(next_pong_, nullptr));
  }
  if (ping_queued_ && out_.is_written(last_ping_entry_)) ping_queued_ = false;
  if (state_ == State::kFlushing && out_.empty()) linger();
  if (drain_pending_ && out_.counted_bytes() == 0) {
    drain_pending_ = false;
    shard_.loop().measures().sent_us.observe(shard_.loop().turn_began_us() - queued_us_);
    if (handler_) handler_->on_drained();
  }
  if (!is_destroyed()) arm(wants_input());
}

// Clients come back after 1013.
void WebSocket::shed() {
  if (state_ != State::kOpen && state_ != State::kClosing) return;
  fail(kWsTryAgainLater, "the server holds too much that has not arrived completely");
}

// As RFC 6455 section 7.1.1 requires, the server closes first and in order, so that the client sees
// the close frame and not a reset.
void WebSocket::linger() {
  stream_->shutdown_write();
  state_ = State::kLingering;
  deadline_ms_ = shard_.now_ms() + kCloseLingerMs;
}

void WebSocket::tick(std::uint64_t now_ms) {
  if (now_ms >= deadline_ms_) return break_off();
  if (out_.empty()) out_.clear();  // most connections are idle, and keep no memory for a queue
  if (state_ != State::kOpen) return;
  check_alive(now_ms);
  if (!is_destroyed() && paused_) check_writing(now_ms);
}

void WebSocket::check_alive(std::uint64_t now_ms) {
  if (now_ms < last_ping_ms_ + shard_.core().options.ping_interval_ms) return;
  missed_pings_ = heard_ || paused_ ? 0 : missed_pings_ + 1;
  if (missed_pings_ >= 2) {
    shard_.counters().ping_timeouts.add();
    shard_.reporter(observe::Area::kNet)
        .debug("WebSocket cut: no answer to pings", {{"peer", peer_}});
    return break_off();
  }
  heard_ = false;
  last_ping_ms_ = now_ms;
  if (!ping_queued_) send_control(WsOpcode::kPing, {});
}

// While we do not read from a peer, the only sign of life is that it accepts bytes.
void WebSocket::check_writing(std::uint64_t now_ms) {
  if (out_.empty() || now_ms < last_write_ms_ + shard_.core().options.stall_timeout_ms) return;
  shard_.counters().write_stalls.add();
  shard_.reporter(observe::Area::kNet).debug("WebSocket cut: it reads nothing", {{"peer", peer_}});
  break_off();
}

void WebSocket::drain() {
  close(kWsGoingAway, "the server is shutting down");
}

void WebSocket::terminate() {
  break_off();
}

}  // namespace syncline::backend
