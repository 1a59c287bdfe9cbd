#include "api/stream_state.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/pieces.h"
#include "log/deletion_rules.h"
#include "protocol/event_json.h"

namespace syncline::api {
namespace {

StreamFacts facts_of(const streams::Stream& stream) {
  return {.config = stream.config(),
          .closed = stream.closed(),
          .hidden = stream.hidden(),
          .written_ms = stream.written_ms(),
          .fork = stream.fork(),
          .forks = stream.forks(),
          .fork_notes = stream.fork_notes()};
}

// Events of deleted streams of the same name stand before those of the present one.
log::Position end_of_past(const workspace::Workspace& workspace, const std::string& object,
                          std::uint64_t generation) {
  const log::EndedGeneration* ended = workspace.deletions().last(object);
  return ended != nullptr && ended->generation < generation ? ended->after : 0;
}

}  // namespace

Error no_such_stream() {
  return {ErrorCode::kNotFound, "there is no such stream"};
}

Error gone_stream() {
  return {ErrorCode::kGone, "this stream was deleted; forks of it still need its content"};
}

StreamClock StreamClock::of(const Call& call, const std::string& object) {
  return {.now_ms = call.shard.scheduler.unix_ms(),
          .read_ms = call.shard.streams.read_times().last(call.path.workspace, object)};
}

bool StreamClock::is_over(const streams::StreamConfig& config, std::uint64_t written_ms) const {
  if (config.expires_at_ms && now_ms >= *config.expires_at_ms) return true;
  const std::uint64_t used_ms = std::max(written_ms, read_ms);
  return config.ttl_s && now_ms >= used_ms && (now_ms - used_ms) / 1000 >= *config.ttl_s;
}

void find_stream(const Call& call, const std::string& object, log::Done<StreamFacts> done) {
  struct Found {
    StreamFacts facts;
    std::optional<streams::Offset> end;
    bool is_stream = false;
  };
  auto found = std::make_shared<Found>();
  auto extract = [found](const merge::Object& state) -> Result<std::unique_ptr<Pieces>> {
    const streams::Stream* stream = streams::as_stream(state);
    found->is_stream = stream != nullptr && stream->exists();
    if (found->is_stream) {
      found->facts = facts_of(*stream);
      found->end = stream->end();
    }
    return std::make_unique<ListPieces>();
  };
  node::Shard& shard = call.shard;
  auto answer = [found, &shard, workspace = call.path.workspace, object,
                 clock = StreamClock::of(call, object),
                 done = std::move(done)](Result<workspace::Workspace::View> view) mutable {
    if (!view && view.error().code != ErrorCode::kGone)
      return done(std::unexpected(std::move(view.error())));
    StreamFacts& facts = found->facts;
    if (!view || !found->is_stream || clock.is_over(facts.config, facts.written_ms))
      return done(std::unexpected(no_such_stream()));
    facts.position = view->position;
    facts.generation = view->generation;
    facts.tail = found->end.value_or(view->position);
    facts.began_after = end_of_past(shard.host.get(workspace), object, facts.generation);
    done(std::move(facts));
  };
  shard.host.get(call.path.workspace)
      .read(call.caller, object, std::move(extract), std::move(answer));
}

session::StreamPlace place_of(const Call& call, const std::string& object,
                              const StreamFacts& facts) {
  session::StreamPlace place{.workspace = call.path.workspace,
                             .object = object,
                             .generation = facts.generation,
                             .content_type = facts.config.content_type,
                             .inherited = {},
                             .after = facts.began_after};
  if (facts.fork) place.inherited = facts.fork->parts;
  return place;
}

std::move_only_function<Result<void>(const merge::Object&, log::Position)> with_these_forks(
    const StreamFacts& facts) {
  return [notes = facts.fork_notes](const merge::Object& now, log::Position) -> Result<void> {
    const streams::Stream* stream = streams::as_stream(now);
    if (stream != nullptr && stream->fork_notes() == notes) return {};
    return fail(ErrorCode::kConflict, "the forks of the stream have changed meanwhile");
  };
}

void note_stream_read(const Call& call, const StreamFacts& facts) {
  if (facts.config.ttl_s)
    call.shard.streams.read_times().note(call.path.workspace, call.path.object,
                                         call.shard.scheduler.unix_ms());
}

void add_offset(http::Response& response, streams::Offset offset) {
  response.headers.emplace_back("Stream-Next-Offset", streams::offset_text(offset));
}

void add_closed(http::Response& response, bool closed) {
  if (closed) response.headers.emplace_back("Stream-Closed", "true");
}

void add_config(http::Response& response, const streams::StreamConfig& config) {
  response.headers.emplace_back("Content-Type", config.content_type);
  if (config.ttl_s) response.headers.emplace_back("Stream-TTL", std::to_string(*config.ttl_s));
  if (config.expires_at_ms)
    response.headers.emplace_back("Stream-Expires-At", protocol::time_text(*config.expires_at_ms));
}

}  // namespace syncline::api
