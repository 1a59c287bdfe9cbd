// The bodies that the application takes piece by piece: a part of HttpConnection.
#include <algorithm>
#include <memory>
#include <utility>

#include "backend/net/http_connection.h"

namespace syncline::backend {

// What the application has of a body that comes in pieces.
class HttpConnection::PieceByPiece final : public http::BodySource {
 public:
  PieceByPiece(std::shared_ptr<HttpConnection> connection, std::optional<std::uint64_t> length)
      : connection_(std::move(connection)), length_(length) {}

  void next(std::size_t bytes, std::move_only_function<void(http::BodyPiece)> done) override {
    EventLoop& loop = connection_->loop();
    loop.post([connection = connection_, bytes, done = std::move(done)]() mutable {
      connection->ask_for_piece(bytes, std::move(done));
    });
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  const std::shared_ptr<HttpConnection> connection_;
  const std::optional<std::uint64_t> length_;
};

// The application decides who may send it, before anything of it is read.
void HttpConnection::stream_body() {
  http::RequestHead& head = exchange_->head;
  const auto length = head.chunked ? std::nullopt : std::optional(head.content_length);
  exchange_->incoming.emplace(Incoming{.left = length.value_or(0)});
  head.request.body_source = std::make_shared<PieceByPiece>(
      std::static_pointer_cast<HttpConnection>(shared_from_this()), length);
  dispatch();
}

// The application has the request, and not all of its body.
bool HttpConnection::awaits_body() const {
  return state_ == State::kBusy && exchange_->incoming &&
         exchange_->incoming->end == http::BodyPiece::kMore;
}

void HttpConnection::ask_for_piece(std::size_t bytes,
                                   std::move_only_function<void(http::BodyPiece)> done) {
  if (is_destroyed() || state_ != State::kBusy || !exchange_->incoming)
    return done({{}, http::BodyPiece::kBroken});
  Incoming& incoming = *exchange_->incoming;
  incoming.wanted = bytes;
  incoming.done = std::move(done);
  deadline_ms_ = shard_.now_ms() + shard_.core().options.body_timeout_ms;
  if (std::exchange(exchange_->expects, false) && input_.empty()) queue_text(kContinue);
  if (peer_ended_) break_body();
  on_ready();
}

// Moves what has come to the piece, and gives it to the application when it is complete.
void HttpConnection::take_piece() {
  if (!exchange_->incoming || exchange_->incoming->wanted == 0) return;
  Incoming& incoming = *exchange_->incoming;
  if (awaits_body() && !input_.empty()) {
    deadline_ms_ = shard_.now_ms() + shard_.core().options.body_timeout_ms;
    if (exchange_->head.chunked) {
      constexpr std::size_t kNoLimit = std::size_t{1} << 60;
      std::string_view rest = input_;
      const auto done = exchange_->chunks.feed(rest, incoming.piece, kNoLimit);
      input_.erase(0, input_.size() - rest.size());
      incoming.end = !done   ? http::BodyPiece::kBroken
                     : *done ? http::BodyPiece::kEnd
                             : http::BodyPiece::kMore;
    } else {
      const auto missing = std::min<std::uint64_t>(
          incoming.left, incoming.wanted - std::min(incoming.wanted, incoming.piece.size()));
      const std::size_t take = std::min<std::size_t>(input_.size(), missing);
      incoming.piece.reserve(
          std::min<std::uint64_t>(incoming.wanted, incoming.piece.size() + incoming.left));
      incoming.piece.append(input_, 0, take);
      input_.erase(0, take);
      incoming.left -= take;
      if (incoming.left == 0) incoming.end = http::BodyPiece::kEnd;
    }
  }
  const bool ended = incoming.end != http::BodyPiece::kMore;
  if (!ended && incoming.piece.size() < incoming.wanted) return;
  http::BodyPiece piece;
  if (incoming.piece.size() <= incoming.wanted) {
    piece = {std::exchange(incoming.piece, {}), incoming.end};
  } else {  // of a body in chunks
    piece = {incoming.piece.substr(0, incoming.wanted), http::BodyPiece::kMore};
    incoming.piece.erase(0, incoming.wanted);
  }
  incoming.wanted = 0;
  deadline_ms_ = kNever;
  std::exchange(incoming.done, nullptr)(std::move(piece));
}

// No more of it comes.
void HttpConnection::break_body() {
  if (!awaits_body()) return;
  exchange_->incoming->end = http::BodyPiece::kBroken;
  take_piece();
}

}  // namespace syncline::backend
