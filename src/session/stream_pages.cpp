#include "session/stream_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "streams/content_type.h"
#include "streams/json_messages.h"

namespace syncline::session {
namespace {

// A range of the events of one object, of which the last may count in part.
struct Range {
  std::string object;
  std::uint64_t generation = 1;
  log::Position after = 0;
  log::Position to = 0;
  log::Position part_at = 0;  // 0: all events count whole
  std::uint64_t part = 0;
  bool last = false;  // the stream ends with it
};

Range range_at(const StreamPlace& place, streams::Offset after, log::Position to) {
  for (const streams::Inherited& part : place.inherited)
    if (after < part.end())
      return {.object = part.object,
              .generation = part.generation,
              .after = std::max(after, part.after),
              .to = part.end() + (is_mutated(Mutation::fork_goes_on) ? 50 : 0),
              .part_at = part.part_at,
              .part = part.part};
  return {.object = place.object,
          .generation = place.generation,
          .after = std::max(after, place.after),
          .to = to,
          .last = true};
}

void cut_content(SharedPiece& content, std::uint64_t part, bool json) {
  const std::size_t bytes =
      json ? streams::first_messages(as_text(content.view), part).size()
           : static_cast<std::size_t>(std::min<std::uint64_t>(part, content.size()));
  content.view = content.view.first(bytes);
}

// One read of a page, and what was found so far.
struct PageRead {
  log::EventLog& log;
  StreamPlace place;
  log::ReadLimits limits;  // what is left of them
  StreamPage page;
  log::Done<StreamPage> done;
};

Result<void> add_events(PageRead& read, std::vector<log::Event> events, const Range& range) {
  StreamPage& page = read.page;
  const bool json = streams::is_json_type(read.place.content_type);
  for (log::Event& event : events) {
    if (event.generation != range.generation) continue;
    if (event.dropped_payload) {
      page.dropped = event.position;
      continue;
    }
    const auto intent = std::make_shared<const Bytes>(std::move(event.intent));
    auto chunk = chunk_of(event.position, *intent, intent);
    if (!chunk) return std::unexpected(std::move(chunk.error()));
    if (chunk->offset == range.part_at) cut_content(chunk->content, range.part, json);
    if (!range.last) chunk->closes = false;  // that of its source
    read.limits.max_bytes -= std::min(read.limits.max_bytes, intent->size());
    if (chunk->content.size() > 0 || chunk->closes) page.chunks.push_back(std::move(*chunk));
  }
  read.limits.max_events -= std::min(read.limits.max_events, events.size());
  return {};
}

// A page goes on in the next stream that the fork has content of.
void read_range(std::shared_ptr<PageRead> read) {
  Range range = range_at(read->place, read->page.next, read->limits.to);
  log::ReadLimits within = read->limits;
  within.to = range.to;
  std::string object = range.object;
  const log::Position from = range.after;
  read->log.read_object(
      read->place.workspace, std::move(object), from, within,
      [read, range = std::move(range)](Result<std::vector<log::Event>> events) mutable {
        if (!events) return read->done(std::unexpected(std::move(events.error())));
        StreamPage& page = read->page;
        page.next = !events->empty() ? events->back().position
                    : range.last     ? range.after
                                     : range.to;
        page.at_end = range.last && (events->empty() || page.next >= range.to);
        if (auto added = add_events(*read, std::move(*events), range); !added)
          return read->done(std::unexpected(std::move(added.error())));
        const bool has_room = read->limits.max_events > 0 && read->limits.max_bytes > 0;
        if (range.last || !has_room) return read->done(std::move(page));
        read_range(std::move(read));
      });
}

}  // namespace

Result<StreamChunk> chunk_of(log::Position position, ByteView intent,
                             std::shared_ptr<const void> owner) {
  const auto change = streams::decode_change(intent);
  if (!change)
    return fail(ErrorCode::kCorrupt, fmt::format("event {} is no change of a stream", position));
  return StreamChunk{.offset = position,
                     .content = {std::move(owner), streams::content_of(*change)},
                     .closes = streams::closes(*change)};
}

void read_stream(log::EventLog& log, const StreamPlace& place, streams::Offset after,
                 const log::ReadLimits& limits, log::Done<StreamPage> done) {
  read_range(std::make_shared<PageRead>(
      PageRead{log, place, limits, StreamPage{.chunks = {}, .next = after}, std::move(done)}));
}

}  // namespace syncline::session
