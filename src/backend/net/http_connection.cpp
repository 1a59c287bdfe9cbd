#include "backend/net/http_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "backend/net/websocket.h"
#include "base/assert.h"
#include "http/ws_handshake.h"

namespace syncline::backend {
namespace {

constexpr std::uint64_t kErrorLingerMs = 2000;
constexpr std::size_t kAskedBytes = 256;  // of the path, for the log

// What an operator wants to know, and not what any client gets wrong.
observe::Level refusal_level(int status) {
  const bool important = status == 401 || status == 403 || status == 429 || status >= 500;
  return important ? observe::Level::kInfo : observe::Level::kDebug;
}

bool has_body(int status) {
  return status != 204 && status != 304;
}

// Room for the first `size` bytes of a body: less than twice as much, and never more than for all of it.
// A std::string that grows at least doubles, so each room is half of the next one.
std::size_t body_room(std::size_t size, std::size_t length) {
  while (length / 2 >= std::max<std::size_t>(size, 1)) length /= 2;
  return length;
}

}  // namespace

void HttpConnection::start(Shard& shard, std::unique_ptr<Stream> stream, Slot slot,
                           std::string peer, bool secure) {
  const std::shared_ptr<HttpConnection> connection(
      new HttpConnection(shard, std::move(stream), std::move(slot), std::move(peer), secure));
  // Most requests have arrived by now, and those that become WebSockets are watched elsewhere.
  connection->attach_unwatched();
  connection->on_ready();
}

HttpConnection::HttpConnection(Shard& shard, std::unique_ptr<Stream> stream, Slot slot,
                               std::string peer, bool secure)
    : Socket(shard, std::move(stream), std::move(slot), std::move(peer)),
      secure_(secure),
      deadline_ms_(shard.now_ms() + shard.core().options.head_timeout_ms) {}

void HttpConnection::on_ready() {
  if (is_destroyed()) return;
  if (state_ == State::kHandshake && !shake_hands()) return;
  if (state_ == State::kLingering) {
    if (discard_input()) return destroy();
    return arm(true);
  }
  read_input();
  if (is_destroyed()) return;
  process();
  if (!is_destroyed()) hold(held_bytes());
  if (!out_.empty()) request_flush();
  arm(wants_input());
}

// True when the handshake is done. Otherwise it has set the waits that the handshake needs.
bool HttpConnection::shake_hands() {
  switch (stream_->handshake()) {
    case IoStatus::kOk: state_ = State::kHead; return true;
    case IoStatus::kWantRead:
      if (!watch_.wait_read(shared_from_this())) destroy();
      return false;
    case IoStatus::kWantWrite:
      if (!watch_.wait_write(shared_from_this())) destroy();
      return false;
    default:
      shard_.counters().tls_failures.add();
      if (const auto net = shard_.reporter(observe::Area::kNet); net.wants(observe::Level::kDebug))
        net.debug("TLS handshake failed", {{"peer", peer_}, {"reason", tls_failure()}});
      destroy();
      return false;
  }
}

bool HttpConnection::wants_input() const {
  if (peer_ended_ || moves_) return false;
  switch (state_) {
    case State::kHead:
    case State::kBody:
    case State::kLingering: return true;
    case State::kBusy:
      if (awaits_body()) return exchange_->incoming->wanted > 0;
      [[fallthrough]];
    case State::kStreaming:  // to notice a disconnect
    case State::kFlushing: return input_.size() < shard_.core().options.http.head_bytes;
    case State::kAsking:
    case State::kHandshake: break;
  }
  return false;
}

void HttpConnection::read_input() {
  if (!wants_input()) return;
  std::span<std::uint8_t> data;
  switch (read(data).status) {
    case IoStatus::kOk: break;
    case IoStatus::kWantRead:
    case IoStatus::kWantWrite: return;
    case IoStatus::kEnd: return peer_ended();
    case IoStatus::kError: return fail_connection();
  }
  if (state_ == State::kHead && input_.empty() && deadline_ms_ != kNever) {
    // The first byte of a further request starts the time limit for its head.
    const std::uint64_t limit = shard_.now_ms() + shard_.core().options.head_timeout_ms;
    deadline_ms_ = exchange_ ? limit : std::min(deadline_ms_, limit);
  }
  input_.append(as_text(data));
}

// A client may close its side and still read the response to its request.
void HttpConnection::peer_ended() {
  peer_ended_ = true;
  break_body();
  if (state_ != State::kBusy && state_ != State::kStreaming && state_ != State::kFlushing)
    fail_connection();
}

// A client that has left closed its side, too. Its system answers with a reset to whatever is sent,
// which the next look finds. A client that is still there skips interim responses. HTTP/1.0 does not
// know them.
void HttpConnection::look_for_peer() {
  if (is_reset()) return fail_connection();
  const bool asked = state_ == State::kBusy && exchange_->abandoned != nullptr;
  if (!asked || exchange_->head.http_1_0 || std::exchange(exchange_->probed, true)) return;
  queue_text(kContinue);
}

void HttpConnection::process() {
  processing_ = true;
  while (!is_destroyed()) {
    if (state_ == State::kHead && process_head()) continue;
    if (state_ == State::kBody && process_body()) continue;
    if (state_ == State::kBusy) take_piece();
    break;
  }
  processing_ = false;
  if (moves_ && !is_destroyed()) accept_upgrade();
}

bool HttpConnection::process_head() {
  if (scanned_ == 0) {
    // One blank line before a request is allowed (RFC 9112 section 2.2).
    if (input_.starts_with("\r\n")) input_.erase(0, 2);
    if (input_.empty() || input_ == "\r") return false;
  }
  http::Limits limits = shard_.core().options.http;
  limits.body_bytes = std::numeric_limits<std::size_t>::max();  // start_body() looks at that
  const auto end = http::find_head_end(input_, scanned_, limits);
  if (!end) return refuse(end.error()), false;
  if (!*end) return false;
  auto head = http::parse_request_head(std::string_view(input_).substr(0, **end), limits);
  input_.erase(0, **end);
  scanned_ = 0;
  if (!head) return refuse(head.error()), false;
  start_body(std::move(*head));
  return state_ == State::kBody;
}

void HttpConnection::start_body(http::RequestHead head) {
  exchange_ = std::make_unique<Exchange>();
  exchange_->keep_alive = head.keep_alive;
  head_only_ = head.request.method == "HEAD";
  exchange_->expects = head.expect_continue && (head.chunked || head.content_length > 0);
  exchange_->head = std::move(head);
  exchange_->head.request.loop = shard_.index();
  exchange_->body_limit = shard_.core().options.stranger_body_bytes;
  const auto& streams = shard_.core().options.streams;
  const bool has_body = exchange_->head.chunked || exchange_->head.content_length > 0;
  if (has_body && streams && streams(exchange_->head.request)) return stream_body();
  if (exchange_->head.content_length > shard_.core().options.http.body_bytes)
    return refuse({413, "too_large", "body is too large"});
  if (is_stopped_body(exchange_->head.content_length)) return;
  begin_body();
}

void HttpConnection::begin_body() {
  state_ = State::kBody;
  deadline_ms_ = shard_.now_ms() + shard_.core().options.body_timeout_ms;
  if (std::exchange(exchange_->expects, false) && input_.empty()) queue_text(kContinue);
}

// A body that is larger than a stranger's may be: who sends it?
bool HttpConnection::is_stopped_body(std::size_t size) {
  if (size <= exchange_->body_limit) return false;
  const ServerOptions& options = shard_.core().options;
  const http::Request& request = exchange_->head.request;
  if (!options.knows || options.knows(request)) {
    take_large_body();
    return false;
  }
  options.ask && !http::asks_for_websocket(request) ? ask_for_sender() : refuse_large_body();
  return true;
}

void HttpConnection::take_large_body() {
  const ServerOptions& options = shard_.core().options;
  exchange_->body_limit = options.http.body_bytes;
  http::Request& request = exchange_->head.request;
  request.peer = peer_;
  if (options.account_of) set_account(options.account_of(request));
}

// If nobody knows the sender, the application gets the request without the body, and refuses as it refuses every
// stranger.
void HttpConnection::refuse_large_body() {
  http::Request& request = exchange_->head.request;
  if (http::asks_for_websocket(request))
    return refuse({400, "malformed", "a WebSocket handshake has no body"});
  exchange_->keep_alive = false;  // the beginning of the next request is unknown
  request.body = std::string();
  dispatch();
}

// Nothing is read until the answer, which comes in bounded time.
void HttpConnection::ask_for_sender() {
  state_ = State::kAsking;
  deadline_ms_ = kNever;
  exchange_->head.request.peer = peer_;
  const auto self = std::static_pointer_cast<HttpConnection>(shared_from_this());
  shard_.core().options.ask(exchange_->head.request, [self](bool known) {
    self->shard_.loop().post([self, known] { self->sender_known(known); });
  });
}

void HttpConnection::sender_known(bool known) {
  if (is_destroyed() || state_ != State::kAsking) return;
  if (!known) {
    refuse_large_body();
  } else {
    take_large_body();
    exchange_->complete ? dispatch() : begin_body();
  }
  on_ready();
}

std::size_t HttpConnection::held_bytes() const {
  const bool receiving = state_ == State::kBody || state_ == State::kAsking;
  const std::size_t input = input_.empty() ? 0 : input_.capacity();
  const bool in_pieces = state_ == State::kBusy && exchange_->incoming;
  return input + (receiving ? exchange_->head.request.body.capacity() : 0) +
         (in_pieces ? exchange_->incoming->piece.capacity() : 0);
}

// True if the body is complete and the request was passed to the application.
bool HttpConnection::process_body() {
  const http::RequestHead& head = exchange_->head;
  std::string& body = exchange_->head.request.body;
  if (head.chunked) {
    std::string_view rest = input_;
    const auto done = exchange_->chunks.feed(rest, body, shard_.core().options.http.body_bytes);
    input_.erase(0, input_.size() - rest.size());
    if (!done) return refuse(done.error()), false;
    exchange_->complete = *done;
    if (is_stopped_body(body.size()) || !*done) return false;
  } else {
    const std::size_t take =
        std::min<std::size_t>(input_.size(), head.content_length - body.size());
    body.reserve(body_room(body.size() + take, head.content_length));
    body.append(input_, 0, take);
    input_.erase(0, take);
    if (body.size() < head.content_length) return false;
  }
  dispatch();
  return true;
}

void HttpConnection::dispatch() {
  state_ = State::kBusy;
  deadline_ms_ = kNever;
  if (input_.empty()) input_ = std::string();  // no buffer is kept; `= {}` would keep it
  http::Request& request = exchange_->head.request;
  request.peer = peer_;
  // From here on, the handler has the body.
  if (MemoryBudget* const memory = shard_.core().options.memory;
      memory != nullptr && !request.body.empty())
    request.body_charge = std::make_shared<const MemoryCharge>(
        lasting(&memory->cell(MemoryUse::kReceiving)), request.body.capacity());
  exchange_->asked.append(request.method).append(" ").append(request.raw_path, 0, kAskedBytes);
  request.secure = secure_;
  const auto self = std::static_pointer_cast<HttpConnection>(shared_from_this());
  if (!exchange_->head.http_1_0 && http::asks_for_websocket(request)) return dispatch_upgrade();
  shard_.counters().requests.add();
  shard_.core().http(std::move(request), http::Responder(self));
}

void HttpConnection::dispatch_upgrade() {
  http::Request& request = exchange_->head.request;
  auto key = http::check_ws_handshake(request);
  if (!key || !request.body.empty()) {
    shard_.counters().upgrades_refused.add();
    exchange_->keep_alive = false;
    return respond(key ? http::error_response(400, "malformed", "a WebSocket handshake has no body")
                       : std::move(key.error()));
  }
  const auto self = std::static_pointer_cast<HttpConnection>(shared_from_this());
  // If the reply is destroyed without an answer, its responder answers.
  struct Pending {
    std::shared_ptr<HttpConnection> connection;
    http::Responder fallback;
  };
  exchange_->upgrade_key = std::move(*key);
  auto pending = std::make_unique<Pending>(Pending{self, http::Responder(self)});
  shard_.core().upgrade(std::move(request),
                        [pending = std::move(pending)](node::UpgradeDecision decision) mutable {
                          SYNCLINE_ASSERT(pending);
                          auto taken = std::move(pending);
                          taken->fallback.dismiss();
                          taken->connection->decide(std::move(decision));
                        });
}

void HttpConnection::decide(node::UpgradeDecision decision) {
  if (is_destroyed()) return;
  if (auto* refusal = std::get_if<node::UpgradeRefusal>(&decision)) {
    shard_.counters().upgrades_refused.add();
    return respond(std::move(refusal->response));
  }
  if (shard_.core().draining) {
    shard_.counters().upgrades_refused.add();
    return respond(http::error_response(503, "unavailable", "the server is shutting down"));
  }
  auto& acceptance = std::get<node::UpgradeAcceptance>(decision);
  SYNCLINE_ASSERT(acceptance.loop < shard_.core().shards.size() && acceptance.make_handler);
  moves_ = true;
  exchange_->acceptance = std::move(acceptance);
  if (processing_) return;  // process() goes on to use the stream, and then does it
  shard_.loop().post([self = std::static_pointer_cast<HttpConnection>(shared_from_this())] {
    if (!self->is_destroyed()) self->accept_upgrade();
  });
}

void HttpConnection::accept_upgrade() {
  auto acceptance = *std::exchange(exchange_->acceptance, std::nullopt);
  shard_.counters().websockets.add();
  constexpr std::size_t kHeadBytes = 160;  // with the name of a protocol it may be more
  std::string head;
  head.reserve(kHeadBytes);
  head +=
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  head += http::ws_accept_value(exchange_->upgrade_key);
  head += "\r\n";
  if (!acceptance.subprotocol.empty())
    http::append_head_line(head, "Sec-WebSocket-Protocol", acceptance.subprotocol);
  head += "\r\n";

  Shard& target = *shard_.core().shards[acceptance.loop];
  const auto core = slot_.core();
  WebSocket::Handoff handoff{release_stream(),           std::move(slot_),
                             std::move(peer_),           std::move(head),
                             to_bytes(as_bytes(input_)), std::move(acceptance.make_handler)};
  auto adopt = [core, &target, self = std::static_pointer_cast<HttpConnection>(shared_from_this()),
                check = std::move(acceptance.check), handoff = std::move(handoff)]() mutable {
    if (auto refusal = check ? check() : std::nullopt)
      return give_back(std::move(self), std::move(handoff), std::move(*refusal));
    WebSocket::adopt(target, std::move(handoff));
  };
  if (&target == &shard_) return adopt();
  target.loop().post(std::move(adopt));
}

// On the loop that was to take the connection over: returns it to its own.
void HttpConnection::give_back(std::shared_ptr<HttpConnection> connection,
                               WebSocket::Handoff handoff, http::Response refusal) {
  Shard& home = connection->shard_;
  home.loop().post([connection = std::move(connection), handoff = std::move(handoff),
                    refusal = std::move(refusal)]() mutable {
    Shard& shard = connection->shard_;
    if (shard.stopped()) return;
    shard.counters().websockets.subtract();
    shard.counters().upgrades_refused.add();
    connection->stream_ = std::move(handoff.stream);
    connection->slot_ = std::move(handoff.slot);
    connection->peer_ = std::move(handoff.peer);
    if (!connection->attach()) return connection->destroy();
    connection->moves_ = false;
    connection->respond(std::move(refusal));
    connection->arm(connection->wants_input());
  });
}

void HttpConnection::refuse(const http::Problem& problem) {
  shard_.counters().bad_requests.add();
  if (!exchange_) exchange_ = std::make_unique<Exchange>();
  exchange_->keep_alive = false;  // the beginning of the next request is unknown
  state_ = State::kBusy;
  respond(http::error_response(problem.status, problem.code, problem.message));
}

bool HttpConnection::queue_head(const http::Response& response, bool streaming) {
  // The rest of a body that nobody wants is not the next request.
  const bool has_rest = exchange_->incoming && exchange_->incoming->end != http::BodyPiece::kEnd;
  if (shard_.core().draining || peer_ended_ || has_rest) exchange_->keep_alive = false;
  const bool http_1_0 = exchange_->head.http_1_0;
  const bool endless = streaming && !response.length;
  chunked_out_ = endless && !http_1_0;
  if (endless && http_1_0) exchange_->keep_alive = false;  // the end of the stream ends the body

  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 http::status_text(response.status), shard_.date());
  for (const auto& [name, value] : response.headers)
    if (!http::append_head_line(head, name, value)) return false;
  if (chunked_out_) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!endless && has_body(response.status)) {
    head += fmt::format("Content-Length: {}\r\n",
                        streaming ? *response.length : response.body.view().size());
  }
  if (!exchange_->keep_alive) {
    head += "Connection: close\r\n";
  } else if (http_1_0) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  queue_text(std::move(head));
  return true;
}

void HttpConnection::queue_text(std::string text) {
  const http::Body body(std::move(text));
  out_.push({}, body.view(), body.owner(), false);
  request_flush();
}

void HttpConnection::report_refusal(const http::Response& response) const {
  const auto api = shard_.reporter(observe::Area::kApi);
  const observe::Level level = refusal_level(response.status);
  if (!api.wants(level)) return;
  // Two messages, so that a flood of the first does not suppress the second.
  const auto what = response.status >= 500 ? observe::Constant("request failed")
                                           : observe::Constant("request refused");
  api.say(level, what,
          {{"request", exchange_->asked},
           {"status", static_cast<std::uint64_t>(response.status)},
           {"reason", response.reason},
           {"peer", peer_}});
}

void HttpConnection::respond(http::Response response) {
  if (is_destroyed()) return;
  SYNCLINE_ASSERT(state_ == State::kBusy);
  if (response.status >= 400) report_refusal(response);
  if (!queue_head(response, false)) {
    response = http::error_response(500, "internal", "the response has an impossible header");
    queue_head(response, false);
  }
  if (!head_only_ && has_body(response.status) && !response.body.view().empty())
    out_.push({}, response.body.view(), response.body.owner(), false);
  finish_response();
}

void HttpConnection::begin(http::Response head) {
  if (is_destroyed()) return;
  SYNCLINE_ASSERT(state_ == State::kBusy);
  if (!queue_head(head, true)) return fail_connection();
  state_ = State::kStreaming;
  promised_ = head.length;
  last_write_ms_ = shard_.now_ms();
}

void HttpConnection::write(http::Body piece) {
  if (is_destroyed() || state_ != State::kStreaming || head_only_ || piece.view().empty()) return;
  if (out_.empty()) last_write_ms_ = shard_.now_ms();
  if (promised_) {
    SYNCLINE_ASSERT(piece.view().size() <= *promised_);
    *promised_ -= piece.view().size();
  }
  std::string size;
  if (chunked_out_) size = fmt::format("{:x}\r\n", piece.view().size());
  out_.push(as_bytes(size), piece.view(), piece.owner(), false);
  if (chunked_out_) out_.push(as_bytes("\r\n"), {}, nullptr, false);
  request_flush();
}

void HttpConnection::end() {
  if (is_destroyed() || state_ != State::kStreaming) return;
  if (promised_.value_or(0) > 0 && !head_only_) return fail_connection();
  if (chunked_out_ && !head_only_) out_.push(as_bytes("0\r\n\r\n"), {}, nullptr, false);
  finish_response();
}

void HttpConnection::abort() {
  closed_task_ = nullptr;  // the application itself aborts
  drained_task_ = nullptr;
  if (!is_destroyed() && state_ == State::kStreaming) destroy();
}

void HttpConnection::when_closed(Task task) {
  closed_task_ = std::move(task);
  if (is_destroyed() && closed_task_) shard_.loop().post(std::exchange(closed_task_, nullptr));
}

void HttpConnection::when_drained(std::size_t bytes, Task task) {
  drained_at_ = bytes;
  drained_task_ = std::move(task);
  note_drained();
}

void HttpConnection::note_drained() {
  if (drained_task_ && (is_destroyed() || out_.bytes() <= drained_at_))
    shard_.loop().post(std::exchange(drained_task_, nullptr));
}

std::shared_ptr<const std::atomic<bool>> HttpConnection::abandoned() {
  if (exchange_->abandoned == nullptr)
    exchange_->abandoned = std::make_shared<std::atomic<bool>>(is_destroyed());
  return exchange_->abandoned;
}

void HttpConnection::note_abandoned() {
  if (exchange_ && exchange_->abandoned) exchange_->abandoned->store(true);
}

// The whole response is queued. flush() continues after it has been written.
void HttpConnection::finish_response() {
  state_ = State::kFlushing;
  closed_task_ = nullptr;
  last_write_ms_ = shard_.now_ms();
  request_flush();
}

void HttpConnection::flush() {
  const Written written = write_queue();
  if (written == Written::kBroken) return fail_connection();
  if (written == Written::kAll && state_ == State::kFlushing) response_written();
  if (!is_destroyed()) arm(wants_input());
  note_drained();
}

void HttpConnection::response_written() {
  if (!exchange_->keep_alive || shard_.core().draining || peer_ended_) return linger();
  exchange_->head = {};
  exchange_->asked = {};
  exchange_->abandoned = nullptr;
  state_ = State::kHead;
  const auto& options = shard_.core().options;
  deadline_ms_ =
      shard_.now_ms() + (input_.empty() ? options.idle_timeout_ms : options.head_timeout_ms);
  process();
  if (!is_destroyed()) hold(held_bytes());
}

// Closes our side, then reads and discards what the peer still sends. Closing at once would reset
// the connection, and the peer could lose the response.
void HttpConnection::linger() {
  if (peer_ended_) return destroy();
  stream_->shutdown_write();
  state_ = State::kLingering;
  deadline_ms_ = shard_.now_ms() + kErrorLingerMs;
  input_ = std::string();
}

void HttpConnection::fail_connection() {
  if (is_destroyed()) return;
  note_abandoned();
  break_body();
  destroy();
  if (closed_task_) shard_.loop().post(std::exchange(closed_task_, nullptr));
  note_drained();
}

void HttpConnection::tick(std::uint64_t now_ms) {
  if (now_ms >= deadline_ms_) {
    const bool idle = state_ == State::kHead && input_.empty();
    if (!idle && state_ != State::kLingering) shard_.counters().head_timeouts.add();
    if (awaits_body()) {
      deadline_ms_ = kNever;
      break_body();
    } else if ((state_ == State::kHead && !idle) || state_ == State::kBody) {
      refuse({408, "timeout", "the request took too long"});
    } else {
      fail_connection();
    }
  } else if (!out_.empty() && now_ms >= last_write_ms_ + shard_.core().options.stall_timeout_ms) {
    fail_connection();
  } else if (peer_ended_) {
    look_for_peer();
  }
}

void HttpConnection::drain() {
  if (state_ == State::kHead && input_.empty()) fail_connection();
}

void HttpConnection::shed() {
  if (state_ != State::kHead && state_ != State::kBody) return fail_connection();
  input_ = std::string();
  if (exchange_) exchange_->head.request.body = std::string();
  refuse({503, "unavailable", "the server holds too much that has not arrived completely"});
}

void HttpConnection::terminate() {
  fail_connection();
}

}  // namespace syncline::backend
