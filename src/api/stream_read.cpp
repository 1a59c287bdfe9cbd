// Reading a stream: GET and HEAD. What is there already, or what comes next (long-poll); who follows gets stream_live.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "api/stream_handlers.h"
#include "api/support.h"
#include "streams/content_type.h"
#include "streams/stream.h"

namespace syncline::api {
namespace {

using streams::Offset;

// How long a reader waits for something to come, before the answer is that nothing has.
constexpr std::uint64_t kStreamWaitMs = 20'000;

// One read, with the facts of its stream as they were when it was looked at last.
struct StreamRead {
  Call call;
  ReadWish wish;
  StreamFacts facts;
  Offset start = 0;
  Offset at = 0;               // how far it was read without finding content
  std::uint64_t until_ms = 0;  // of the monotonic clock; 0: it has not begun to wait
};

void look(std::shared_ptr<StreamRead> read);

// Whoever names a place must not miss what was behind it. Whoever wants all gets what there is.
Error not_kept() {
  return {ErrorCode::kGone, "the workspace does not keep this part of the stream any more"};
}

void add_cursor(http::Response& response, StreamRead& read) {
  if (read.wish.live == ReadWish::Live::kNo) return;
  response.headers.emplace_back(
      "Stream-Cursor", streams::cursor_text(read.call.shard.scheduler.unix_ms(), read.wish.cursor,
                                            read.call.shard.random->next()));
}

// ---- answers

void answer_head(Call call, const StreamFacts& facts) {
  http::Response response;
  add_config(response, facts.config);
  add_offset(response, facts.tail);
  add_closed(response, facts.closed);
  response.headers.emplace_back("Cache-Control", "no-store");
  call.answer(std::move(response));
}

// Nothing has come: the end of the stream, or of the time.
void answer_nothing(StreamRead& read) {
  http::Response response = no_content();
  add_offset(response, std::max(read.start, read.facts.tail));
  response.headers.emplace_back("Stream-Up-To-Date", "true");
  response.headers.emplace_back("Cache-Control", "no-store");
  add_cursor(response, read);
  add_closed(response, read.facts.closed);
  read.call.answer(std::move(response));
}

std::string etag_of_page(const StreamRead& read, Offset next, bool closed) {
  return fmt::format("\"{}-{}-{}{}\"", read.facts.generation, read.start, next, closed ? "-c" : "");
}

// What the pages of a stream have, as one body.
std::string body_of_chunks(const std::vector<session::StreamChunk>& chunks, bool json) {
  std::size_t bytes = 2;
  for (const auto& chunk : chunks) bytes += chunk.content.size() + 1;
  std::string body;
  body.reserve(bytes);
  if (json) body += '[';
  bool first = true;
  for (const auto& chunk : chunks) {
    if (chunk.content.size() == 0) continue;
    if (json && !std::exchange(first, false)) body += ',';
    body += as_text(chunk.content.view);
  }
  if (json) body += ']';
  return body;
}

void answer_page(StreamRead& read, const session::StreamPage& page) {
  const bool closed = page.at_end && read.facts.closed;
  const Offset next = page.at_end ? std::max(read.start, read.facts.tail) : page.next;
  http::Response response;
  response.headers.emplace_back("Content-Type", read.facts.config.content_type);
  add_offset(response, next);
  if (page.at_end) response.headers.emplace_back("Stream-Up-To-Date", "true");
  add_closed(response, closed);
  add_cursor(response, read);
  // A cache may keep it, and asks each time whether it is still so: rights change.
  response.headers.emplace_back("Cache-Control",
                                read.wish.start.at_end ? "no-store" : "private, no-cache");
  if (!read.wish.start.at_end) {
    std::string etag = etag_of_page(read, next, closed);
    const bool known = read.call.request.headers.find("If-None-Match") == etag;
    response.headers.emplace_back("ETag", std::move(etag));
    if (known) {
      response.status = 304;
      return read.call.answer(std::move(response));
    }
  }
  response.body =
      body_of_chunks(page.chunks, streams::is_json_type(read.facts.config.content_type));
  read.call.answer(std::move(response));
}

// ---- waiting

void wait_for_more(std::shared_ptr<StreamRead> read) {
  Scheduler& scheduler = read->call.shard.scheduler;
  const std::uint64_t now = scheduler.monotonic_ms();
  if (read->until_ms == 0) read->until_ms = now + kStreamWaitMs;
  if (now >= read->until_ms) return answer_nothing(*read);
  const log::Position known = read->facts.position;
  node::WaitFor what{.caller = read->call.caller,
                     .asker = answer_order(read->call, "wait").asker,
                     .workspace = read->call.path.workspace,
                     .object = read->call.path.object,
                     .is_known = [known](log::Position at) { return at <= known && at > 0; },
                     .ms = read->until_ms - now,
                     .abandoned = read->call.abandoned};
  read->call.shard.waits.wait(std::move(what), [read](Result<node::WaitRoom::End> ended) {
    if (!ended) return read->call.refuse(ended.error());
    if (*ended == node::WaitRoom::End::kTimeOut) read->until_ms = 1;
    look(read);
  });
}

// ---- reading

void take_page(std::shared_ptr<StreamRead> read, session::StreamPage page) {
  if (page.dropped > 0 && !read->wish.from_beginning) return read->call.refuse(not_kept());
  const bool has_content =
      std::ranges::any_of(page.chunks, [](const auto& chunk) { return chunk.content.size() > 0; });
  if (has_content) return answer_page(*read, page);
  if (!page.at_end) {
    read->at = page.next;
    return look(read);
  }
  const bool waits = read->wish.live == ReadWish::Live::kLongPoll;
  if (!waits) return answer_page(*read, page);
  read->facts.closed ? answer_nothing(*read) : wait_for_more(std::move(read));
}

void read_page(std::shared_ptr<StreamRead> read) {
  log::ReadLimits limits = session::kStreamPage;
  limits.to = read->facts.position;
  const Call& call = read->call;
  session::read_stream(call.shard.store->events(), place_of(call, call.path.object, read->facts),
                       read->at, limits, [read](Result<session::StreamPage> page) {
                         page ? take_page(read, std::move(*page)) : read->call.refuse(page.error());
                       });
}

// Looks again at the stream, which may have been changed, or may be gone.
void look(std::shared_ptr<StreamRead> read) {
  find_stream(read->call, read->call.path.object, [read](Result<StreamFacts> facts) {
    if (!facts) return read->call.refuse(facts.error());
    if (facts->hidden) return read->call.refuse(gone_stream());
    read->facts = std::move(*facts);
    read_page(read);
  });
}

// What retention drops is the oldest, so the first event behind the place says whether something is missing.
void follow_from_place(Call asked, ReadWish wish, StreamFacts facts) {
  auto call = std::make_shared<Call>(std::move(asked));
  const log::ReadLimits first{.to = facts.position, .max_events = 1};
  const auto place = place_of(*call, call->path.object, facts);
  const Offset start = wish.start.offset;
  session::read_stream(
      call->shard.store->events(), place, start, first,
      [call, wish = std::move(wish), facts = std::move(facts)](Result<session::StreamPage> page) {
        if (!page) return call->refuse(page.error());
        if (page->dropped > 0) return call->refuse(not_kept());
        follow_stream(std::move(*call), wish, facts);
      });
}

void begin_read(Call call, ReadWish wish, StreamFacts facts) {
  note_stream_read(call, facts);
  const bool follows = wish.live == ReadWish::Live::kSse;
  if (follows && !wish.from_beginning && !wish.start.at_end)
    return follow_from_place(std::move(call), std::move(wish), std::move(facts));
  if (follows) return follow_stream(std::move(call), wish, facts);
  auto read =
      std::make_shared<StreamRead>(StreamRead{std::move(call), std::move(wish), std::move(facts)});
  const ReadWish& wanted = read->wish;
  read->start = wanted.start.at_end ? read->facts.tail : wanted.start.offset;
  read->at = read->start;
  if (read->start > 0 && !wanted.from_beginning && read->start <= read->facts.began_after &&
      !read->facts.fork)
    return read->call.refuse({ErrorCode::kGone, "this is an offset of an earlier stream"});
  read_page(std::move(read));
}

}  // namespace

void get_stream(Call call) {
  if (call.request.method == "HEAD") {
    auto asked = std::make_shared<Call>(std::move(call));
    return find_stream(*asked, asked->path.object, [asked](Result<StreamFacts> facts) {
      if (!facts) return asked->refuse(facts.error());
      if (facts->hidden) return asked->refuse(gone_stream());
      answer_head(std::move(*asked), *facts);
    });
  }
  auto wish = read_read_wish(call.request);
  if (!wish) return call.refuse(wish.error());
  auto asked = std::make_shared<Call>(std::move(call));
  find_stream(*asked, asked->path.object,
              [asked, wish = std::move(*wish)](Result<StreamFacts> facts) mutable {
                if (!facts) return asked->refuse(facts.error());
                if (facts->hidden) return asked->refuse(gone_stream());
                begin_read(std::move(*asked), std::move(wish), std::move(*facts));
              });
}

}  // namespace syncline::api
