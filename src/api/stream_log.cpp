// The log of a workspace as a stream that can be read: GET and HEAD of /streams/{workspace}.
//
// Its messages are those of the feed of events (api/events.cpp), as JSON: each event is shown only to those who may read
// its object at that moment. The offset behind an event is its position.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/live_answer.h"
#include "api/stream_handlers.h"
#include "api/support.h"
#include "protocol/stream_sse.h"
#include "session/event_feed.h"

namespace syncline::api {
namespace {

using streams::Offset;

constexpr std::uint64_t kLogWaitMs = 20'000;
constexpr std::uint64_t kLogAnswerMs = 60'000;
constexpr std::uint64_t kAbandonedMs = 1'000;  // how often it is looked whether the reader has left

// Messages with commas between them, in brackets.
std::vector<SharedPiece> array_of(std::vector<SharedPiece> messages, std::string before,
                                  std::string after) {
  std::vector<SharedPiece> pieces;
  pieces.reserve(2 * messages.size() + 1);
  std::string between = std::move(before) + "[";
  for (SharedPiece& message : messages) {
    pieces.push_back(SharedPiece::of(std::exchange(between, ",")));
    pieces.push_back(std::move(message));
  }
  pieces.push_back(SharedPiece::of((messages.empty() ? between : "") + "]" + std::move(after)));
  return pieces;
}

http::Response log_head(Offset next) {
  http::Response response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("Cache-Control", "no-store");
  add_offset(response, next);
  return response;
}

// ---- one page, at once or when there is something

class LogPageReader : public session::FeedReader {
 public:
  // `head`: where the log ends now.
  LogPageReader(std::shared_ptr<Call> call, ReadWish wish, Offset start, log::Position head)
      : call_(std::move(call)), wish_(std::move(wish)), next_(start), head_(head) {}

  // The feed has this id. It must not end within its own calls.
  void begin(std::uint64_t feed) {
    feed_ = feed;
    if (wish_.live == ReadWish::Live::kLongPoll) {
      left_ms_ = kLogWaitMs;
      look_later();
    }
    ask();
  }

  void take(std::vector<SharedPiece> events, log::Position next) override {
    next_ = next;
    const bool waits = wish_.live == ReadWish::Live::kLongPoll;
    if (events.empty() && (waits || next_ < head_)) return ask();
    answer(std::move(events));
  }
  void end(const Result<void>& how) override {
    if (answered_) return;
    if (how) return answer({});
    answered_ = true;
    call_->refuse(how.error());
  }

  // The time of a reader who waits goes by. False: it is over.
  bool tick() {
    if (answered_) return false;
    const bool gone = call_->abandoned != nullptr && *call_->abandoned;
    left_ms_ -= std::min(left_ms_, kAbandonedMs);
    if (!gone && left_ms_ > 0) return true;
    answer({});
    return false;
  }

 private:
  // Nothing may be asked of the loop's shard when the feed, and this with it, is gone.
  void ask() {
    call_->shard.scheduler.post([this, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      if (auto* found = call_->shard.feeds.find(feed_)) found->more();
    });
  }

  void look_later() {
    call_->shard.scheduler.after(kAbandonedMs, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired() && tick()) look_later();
    });
  }

  void answer(std::vector<SharedPiece> events) {
    answered_ = true;
    const bool nothing = events.empty() && wish_.live == ReadWish::Live::kLongPoll;
    http::Response response = log_head(next_);
    if (nothing) response.status = 204;
    if (next_ >= head_) response.headers.emplace_back("Stream-Up-To-Date", "true");
    if (wish_.live == ReadWish::Live::kLongPoll)
      response.headers.emplace_back(
          "Stream-Cursor", streams::cursor_text(call_->shard.scheduler.unix_ms(), wish_.cursor,
                                                call_->shard.random->next()));
    if (!nothing) {
      std::string body;
      for (const SharedPiece& piece : array_of(std::move(events), {}, {}))
        body += as_text(piece.view);
      response.body = std::move(body);
    }
    call_->answer(std::move(response));
    call_->shard.scheduler.post([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) call_->shard.feeds.end(feed_);
    });
  }

  const std::shared_ptr<Call> call_;
  const ReadWish wish_;
  Offset next_;
  const log::Position head_;
  std::uint64_t feed_ = 0;
  std::uint64_t left_ms_ = 0;
  bool answered_ = false;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

// ---- whoever follows

class LogSseReader final : public session::FeedReader {
 public:
  LogSseReader(Scheduler& home, node::Shard& shard, std::string cursor)
      : way_(home), shard_(shard), cursor_(std::move(cursor)) {}

  const std::shared_ptr<WayToAnswer::State>& way() const { return way_.state(); }

  void take(std::vector<SharedPiece> events, log::Position next) override {
    next_ = next;
    auto pieces = events.empty() ? std::vector<SharedPiece>()
                                 : array_of(std::move(events), "event: data\ndata:", "\n\n");
    pieces.push_back(control(false));
    way_.send(std::move(pieces));
  }
  void at_end(log::Position next) override {
    next_ = next;
    way_.send_besides(control(true));
  }
  void end(const Result<void>& how) override { way_.end({}, how); }

 private:
  SharedPiece control(bool up_to_date) {
    return SharedPiece::of(protocol::stream_control_event(
        {.next_offset = streams::offset_text(next_),
         .cursor = streams::cursor_text(shard_.scheduler.unix_ms(), cursor_, shard_.random->next()),
         .up_to_date = up_to_date}));
  }

  WayToAnswer way_;
  node::Shard& shard_;
  const std::string cursor_;
  Offset next_ = 0;
};

// ---- the way of a request

session::FeedOrder order_of(const Call& call, Offset start, bool follow) {
  return {.caller = call.caller,
          .place = {.workspace = call.path.workspace, .after = start, .bare = true},
          .prefix = http::query_parameter(call.request.query, "prefix").value_or(""),
          .follow = follow};
}

void follow_log(Call call, const ReadWish& wish, Offset start) {
  auto reader = std::make_unique<LogSseReader>(call.responder.loop(), call.shard, wish.cursor);
  auto way = reader->way();
  const auto id = call.shard.feeds.begin(order_of(call, start, true), std::move(reader));
  if (!id) return call.refuse(id.error());
  http::Response head = event_stream_head();
  add_offset(head, start);
  begin_live_answer(
      std::move(call), std::move(way), *id,
      {.head = std::move(head),
       .first = {},
       .most_ms = kLogAnswerMs,
       .more =
           [](node::Shard& shard, std::uint64_t feed) {
             if (auto* found = shard.feeds.find(feed)) found->more();
           },
       .leave = [](node::Shard& shard, std::uint64_t feed) { shard.feeds.end(feed); }});
}

void read_log(Call asked, ReadWish wish, Offset start, log::Position head) {
  auto call = std::make_shared<Call>(std::move(asked));
  auto order = order_of(*call, start, wish.live == ReadWish::Live::kLongPoll);
  auto reader = std::make_unique<LogPageReader>(call, std::move(wish), start, head);
  LogPageReader& page = *reader;
  const auto id = call->shard.feeds.begin(std::move(order), std::move(reader));
  id ? page.begin(*id) : call->refuse(id.error());
}

}  // namespace

void get_log_stream(Call call) {
  const bool head_only = call.request.method == "HEAD";
  auto wish = head_only ? ReadWish() : read_read_wish(call.request);
  if (!wish) return call.refuse(wish.error());
  const std::string workspace = call.path.workspace;
  call.shard.store->events().head(workspace, [call = std::move(call), wish = std::move(*wish),
                                              head_only](Result<log::Head> head) mutable {
    if (!head) return call.refuse(head.error());
    if (head->last_position == 0) return call.refuse(no_such_stream());
    if (head_only) return call.answer(log_head(head->last_position));
    const Offset start = wish.start.at_end ? head->last_position : wish.start.offset;
    if (wish.live == ReadWish::Live::kSse) return follow_log(std::move(call), wish, start);
    read_log(std::move(call), std::move(wish), start, head->last_position);
  });
}

}  // namespace syncline::api
