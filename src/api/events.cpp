// What happens in a workspace, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
//
// The feed lives on the loop of the workspace (session/event_feed.h), and the answer on that of the connection. They
// talk by tasks: the feed gives a batch, and the answer asks for the next one when most of it was taken.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "api/support.h"
#include "http/exchange.h"
#include "node/shards.h"
#include "protocol/json_text.h"
#include "session/event_feed.h"

namespace syncline::api {
namespace {

// Proxies and clients give up connections that are silent for longer.
constexpr std::uint64_t kSilenceMs = 15'000;
constexpr std::size_t kMostQueued = std::size_t{256} << 10;

std::string last_words(const Error& why) {
  return fmt::format("event: end\ndata: {{\"code\":{},\"message\":{}}}\n\n",
                     protocol::json_string(to_string(why.code)),
                     protocol::json_string(why.message));
}

// The answer, on the loop of its connection ("home").
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(http::Stream stream, Scheduler& home, const node::Shards& shards,
              std::string workspace, std::uint64_t feed)
      : stream_(std::move(stream)),
        home_(home),
        shards_(shards),
        workspace_(std::move(workspace)),
        feed_(feed) {}
  ~EventStream() {
    if (!stream_.ended() && !home_.is_current()) home_.post([stream = std::move(stream_)] {});
  }

  void begin() {
    stream_.when_closed([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->leave();
    });
    if (stream_.is_closed()) return leave();
    write(SharedPiece::of(std::string(": the events of a workspace\n\n")));
    ask();
    keep_alive();
  }

  // If nothing of a batch is shown, its end is still a place to come back to.
  void take(std::vector<SharedPiece> events, log::Position next) {
    if (stream_.is_closed()) return leave();
    if (events.empty()) events.push_back(SharedPiece::of(fmt::format("id: {}\n\n", next)));
    for (SharedPiece& event : events) write(std::move(event));
    ask_when_drained();
  }

  // The client is told why. Whether it may come back, its browser learns from the answer to the next request.
  void end(const Result<void>& how) {
    if (stream_.is_closed()) return;
    if (!how) write(SharedPiece::of(last_words(how.error())));
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

  void ask() {
    shards_.on_owner(workspace_, [feed = feed_](node::Shard& shard) {
      if (session::EventFeed* found = shard.feeds.find(feed)) found->more();
    });
  }

  void leave() {
    shards_.on_owner(workspace_, [feed = feed_](node::Shard& shard) { shard.feeds.end(feed); });
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

  http::Stream stream_;
  Scheduler& home_;
  const node::Shards& shards_;
  const std::string workspace_;
  const std::uint64_t feed_;
  bool wrote_ = false;  // since the last look
};

// The feed's end of the way to the answer.
class ToStream final : public session::FeedReader {
 public:
  // Used on the loop of the connection alone. The feed may end before the answer has begun.
  struct Way {
    std::shared_ptr<EventStream> stream;  // nullptr: it has not begun, or the feed is gone
    std::optional<Result<void>> ended;    // before it had begun
    bool over = false;                    // the feed is gone
  };

  explicit ToStream(Scheduler& home) : home_(home), way_(std::make_shared<Way>()) {}
  ~ToStream() override {
    home_.post([way = std::move(way_)] {
      way->stream.reset();
      way->over = true;
    });
  }

  std::shared_ptr<Way> way() const { return way_; }

  void take(std::vector<SharedPiece> events, log::Position next) override {
    home_.post([way = way_, events = std::move(events), next]() mutable {
      if (way->stream != nullptr) way->stream->take(std::move(events), next);
    });
  }
  void end(const Result<void>& how) override {
    home_.post([way = way_, how] {
      if (way->stream == nullptr)
        way->ended = how;
      else
        way->stream->end(how);
    });
  }

 private:
  Scheduler& home_;
  std::shared_ptr<Way> way_;
};

http::Response stream_head() {
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/event-stream");
  head.headers.emplace_back("Cache-Control", "no-store");
  head.headers.emplace_back("X-Accel-Buffering", "no");  // nginx passes each piece on at once
  return head;
}

// A feed first waits for its reader, so it can only have been ended by others.
Error ended_early(const std::optional<Result<void>>& how) {
  if (how && !*how) return how->error();
  return {ErrorCode::kUnavailable, "the feed was ended: try again"};
}

void begin_feed(Call call, session::FeedOrder order) {
  if (call.request.method == "HEAD") return call.answer(stream_head());
  Scheduler& home = call.responder.loop();
  auto reader = std::make_unique<ToStream>(home);
  const auto way = reader->way();
  auto id = call.shard.feeds.begin(std::move(order), std::move(reader));
  if (!id) return call.refuse(id.error());
  home.post([&home, way, id = *id, &shards = call.context.shards,
             workspace = std::move(call.path.workspace),
             responder = std::move(call.responder)]() mutable {
    if (way->over || way->ended) return responder.respond(to_response(ended_early(way->ended)));
    way->stream = std::make_shared<EventStream>(responder.begin(stream_head()), home, shards,
                                                std::move(workspace), id);
    way->stream->begin();
  });
}

// What the client has seen: its browser repeats the last id when it connects again. nullopt: it wants what comes.
Result<std::optional<log::Position>> read_after(const http::Request& request) {
  const std::string_view last = request.headers.find("Last-Event-ID").value_or("");
  const auto asked = http::query_parameter(request.query, "after");
  if (last.empty() && !asked) return std::nullopt;
  auto after = last.empty() ? parse_number(*asked, "after") : parse_number(last, "Last-Event-ID");
  if (!after) return std::unexpected(std::move(after.error()));
  return *after;
}

void get_events(Call call) {
  const std::string& query = call.request.query;
  const auto after = read_after(call.request);
  if (!after) return call.refuse(after.error());
  session::FeedOrder order{
      .caller = call.caller,
      .place = {.workspace = call.path.workspace,
                .object = call.path.object,
                .after = after->value_or(0),
                .content = http::query_parameter(query, "content").value_or("") == "1"},
      .prefix = http::query_parameter(query, "prefix").value_or(""),
      .type = http::query_parameter(query, "type").value_or(""),
      .follow = http::query_parameter(query, "follow").value_or("") != "0"};
  if (*after) return begin_feed(std::move(call), std::move(order));
  const std::string workspace = call.path.workspace;
  call.shard.store->events().head(workspace, [call = std::move(call), order = std::move(order)](
                                                 Result<log::Head> head) mutable {
    if (!head) return call.refuse(head.error());
    order.place.after = head->last_position;
    begin_feed(std::move(call), std::move(order));
  });
}

constexpr Route kEventRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/events", Right::kRead, get_events, Route::kWhileOpen,
     Route::kOfPrefix},
    {"GET", "/v1/workspaces/{workspace}/events/{object}", Right::kRead, get_events},
};

}  // namespace

std::span<const Route> event_routes() {
  return kEventRoutes;
}

}  // namespace syncline::api
