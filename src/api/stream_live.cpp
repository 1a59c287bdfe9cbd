// Following a stream: GET with live=sse, as server-sent events (protocol/stream_sse.h).
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/live_answer.h"
#include "api/stream_handlers.h"
#include "protocol/stream_sse.h"
#include "session/stream_feed.h"

namespace syncline::api {
namespace {

// Caches between the server and its readers can then give others the place of this one.
constexpr std::uint64_t kStreamAnswerMs = 60'000;

class SseReader final : public session::StreamReader {
 public:
  SseReader(Scheduler& home, node::Shard& shard, std::string cursor, streams::Offset next)
      : way_(home), shard_(shard), cursor_(std::move(cursor)), next_(next) {}

  const std::shared_ptr<WayToAnswer::State>& way() const { return way_.state(); }

  // Each piece of content is followed by where to go on.
  void take(std::vector<session::StreamChunk> chunks, streams::Offset, bool at_end) override {
    std::vector<SharedPiece> events;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      session::StreamChunk& chunk = chunks[i];
      const bool has_content = chunk.content.size() > 0;
      if (has_content) {
        next_ = chunk.offset;
        events.push_back(std::move(chunk.content));
      }
      if (has_content || chunk.closes)
        events.push_back(control(at_end && i + 1 == chunks.size(), chunk.closes));
    }
    if (chunks.empty()) events.push_back(control(at_end, false));
    way_.send(std::move(events));
  }
  void end(const Result<void>& how) override { way_.end({}, how); }

 private:
  SharedPiece control(bool up_to_date, bool closed) {
    protocol::StreamControl control{.next_offset = streams::offset_text(next_),
                                    .up_to_date = up_to_date || closed,
                                    .closed = closed};
    if (!closed)
      control.cursor =
          streams::cursor_text(shard_.scheduler.unix_ms(), cursor_, shard_.random->next());
    return SharedPiece::of(protocol::stream_control_event(control));
  }

  WayToAnswer way_;
  node::Shard& shard_;
  const std::string cursor_;  // that the reader had
  streams::Offset next_;
};

http::Response live_head(const StreamFacts& facts) {
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/event-stream");
  head.headers.emplace_back("Cache-Control", "no-cache");
  head.headers.emplace_back("X-Accel-Buffering", "no");
  add_offset(head, facts.tail);
  if (protocol::stream_form_of(facts.config.content_type) == protocol::StreamForm::kBase64)
    head.headers.emplace_back("Stream-SSE-Data-Encoding", "base64");
  return head;
}

// A closed stream, for a reader who has all of it.
void answer_closed(Call call, const StreamFacts& facts) {
  http::Response response = live_head(facts);
  response.body = protocol::stream_control_event(
      {.next_offset = streams::offset_text(facts.tail), .up_to_date = true, .closed = true});
  call.answer(std::move(response));
}

}  // namespace

void follow_stream(Call call, const ReadWish& wish, const StreamFacts& facts) {
  const streams::Offset start = wish.start.at_end ? facts.tail : wish.start.offset;
  if (facts.closed && start >= facts.tail) return answer_closed(std::move(call), facts);
  session::StreamOrder order{
      .caller = call.caller, .place = place_of(call, call.path.object, facts), .after = start};
  auto reader = std::make_unique<SseReader>(call.responder.loop(), call.shard, wish.cursor, start);
  auto way = reader->way();
  const auto id = call.shard.streams.begin(std::move(order), std::move(reader));
  if (!id) return call.refuse(id.error());
  begin_live_answer(
      std::move(call), std::move(way), *id,
      {.head = live_head(facts),
       .first = {},
       .most_ms = kStreamAnswerMs,
       .more =
           [](node::Shard& shard, std::uint64_t feed) {
             if (auto* found = shard.streams.find(feed)) found->more();
           },
       .leave = [](node::Shard& shard, std::uint64_t feed) { shard.streams.end(feed); }});
}

}  // namespace syncline::api
