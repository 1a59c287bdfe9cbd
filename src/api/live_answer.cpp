#include "api/live_answer.h"

#include <utility>

#include "api/support.h"

namespace syncline::api {
namespace {

// Proxies and clients give up connections that are silent for longer.
constexpr std::uint64_t kSilenceMs = 15'000;
constexpr std::size_t kMostQueued = std::size_t{256} << 10;

}  // namespace

class LiveAnswer : public std::enable_shared_from_this<LiveAnswer> {
 public:
  LiveAnswer(http::Stream stream, Scheduler& home, const node::Shards& shards,
             std::string workspace, std::uint64_t feed, LiveHow how)
      : stream_(std::move(stream)),
        home_(home),
        shards_(shards),
        workspace_(std::move(workspace)),
        feed_(feed),
        how_(std::move(how)) {}
  ~LiveAnswer() {
    if (!stream_.ended() && !home_.is_current()) home_.post([stream = std::move(stream_)] {});
  }

  void begin() {
    stream_.when_closed([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->leave();
    });
    if (stream_.is_closed()) return leave();
    if (!how_.first.empty()) write(SharedPiece::of(std::move(how_.first)));
    ask();
    keep_alive();
    if (how_.most_ms > 0) end_in(how_.most_ms);
  }

  void take(std::vector<SharedPiece> events) {
    if (stream_.is_closed()) return leave();
    for (SharedPiece& event : events) write(std::move(event));
    ask_when_drained();
  }

  void take_besides(SharedPiece event) {
    if (!stream_.is_closed()) write(std::move(event));
  }

  void end(std::string last_words) {
    if (stream_.is_closed()) return;
    if (!last_words.empty()) write(SharedPiece::of(std::move(last_words)));
    stream_.end();
  }

 private:
  void write(SharedPiece piece) {
    stream_.write(std::move(piece));
    wrote_ = true;
  }

  void ask_when_drained() {
    if (stream_.queued_bytes() <= kMostQueued) return ask();
    stream_.when_drained(kMostQueued / 2, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr && !self->stream_.is_closed()) self->ask_when_drained();
    });
  }

  void ask() { to_feed(how_.more); }
  void leave() { to_feed(how_.leave); }
  void to_feed(void (*what)(node::Shard&, std::uint64_t)) {
    shards_.on_owner(workspace_, [what, feed = feed_](node::Shard& shard) { what(shard, feed); });
  }

  void keep_alive() {
    home_.after(kSilenceMs, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || self->stream_.is_closed()) return;
      if (!std::exchange(self->wrote_, false))
        self->stream_.write(SharedPiece::of(std::string(":\n\n")));
      self->keep_alive();
    });
  }

  void end_in(std::uint64_t ms) {
    home_.after(ms, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || self->stream_.is_closed()) return;
      self->stream_.end();
      self->leave();
    });
  }

  http::Stream stream_;
  Scheduler& home_;
  const node::Shards& shards_;
  const std::string workspace_;
  const std::uint64_t feed_;
  LiveHow how_;
  bool wrote_ = false;  // since the last look
};

WayToAnswer::WayToAnswer(Scheduler& home) : home_(home), state_(std::make_shared<State>()) {}

WayToAnswer::~WayToAnswer() {
  home_.post([state = std::move(state_)] {
    state->answer.reset();
    state->over = true;
  });
}

void WayToAnswer::send(std::vector<SharedPiece> events) {
  home_.post([state = state_, events = std::move(events)]() mutable {
    if (state->answer != nullptr) state->answer->take(std::move(events));
  });
}

void WayToAnswer::send_besides(SharedPiece event) {
  home_.post([state = state_, event = std::move(event)]() mutable {
    if (state->answer != nullptr) state->answer->take_besides(std::move(event));
  });
}

void WayToAnswer::end(std::string last_words, const Result<void>& how) {
  home_.post([state = state_, last_words = std::move(last_words), how]() mutable {
    if (state->answer == nullptr)
      state->ended = how;
    else
      state->answer->end(std::move(last_words));
  });
}

namespace {

// A feed first waits for its reader, so it can only have been ended by others.
Error ended_early(const std::optional<Result<void>>& how) {
  if (how && !*how) return how->error();
  return {ErrorCode::kUnavailable, "the feed was ended: try again"};
}

}  // namespace

void begin_live_answer(Call call, std::shared_ptr<WayToAnswer::State> way, std::uint64_t feed,
                       LiveHow how) {
  Scheduler& home = call.responder.loop();
  home.post([&home, way = std::move(way), feed, how = std::move(how), &shards = call.context.shards,
             workspace = std::move(call.path.workspace),
             responder = std::move(call.responder)]() mutable {
    if (way->over || way->ended) return responder.respond(to_response(ended_early(way->ended)));
    http::Response head = std::move(how.head);
    way->answer = std::make_shared<LiveAnswer>(responder.begin(std::move(head)), home, shards,
                                               std::move(workspace), feed, std::move(how));
    way->answer->begin();
  });
}

http::Response event_stream_head() {
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/event-stream");
  head.headers.emplace_back("Cache-Control", "no-store");
  head.headers.emplace_back("X-Accel-Buffering", "no");  // nginx passes each piece on at once
  return head;
}

}  // namespace syncline::api
