// What requests about streams look up and answer in the same way: the facts of a stream, its end of life, headers.
//
// Thread-safety: the functions run on the loop of the workspace.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "api/route.h"
#include "log/done.h"
#include "session/stream_pages.h"
#include "streams/stream.h"

namespace syncline::api {

// A stream as it is now, durably.
struct StreamFacts {
  log::Position position = 0;  // of its last event
  std::uint64_t generation = 1;
  log::Position began_after = 0;  // events of this name up to there belong to what was before
  streams::StreamConfig config;
  bool closed = false;
  bool hidden = false;
  streams::Offset tail = 0;
  std::uint64_t written_ms = 0;
  std::optional<streams::Fork> fork;
  std::set<std::string> forks;
  std::uint64_t fork_notes = 0;
};

// Reads a stream of the call's workspace. kNotFound: there is none of that name, or it has come to its end of life.
void find_stream(const Call& call, const std::string& object, log::Done<StreamFacts> done);

// Where the content of that stream stands.
session::StreamPlace place_of(const Call& call, const std::string& object,
                              const StreamFacts& facts);

// What the end of a stream's life depends on besides the stream: taken on the loop, and compared anywhere.
struct StreamClock {
  std::uint64_t now_ms = 0;   // of the wall clock
  std::uint64_t read_ms = 0;  // the last read

  static StreamClock of(const Call& call, const std::string& object);
  // Whether a stream has come to the end of its life.
  bool is_over(const streams::StreamConfig& config, std::uint64_t written_ms) const;
};

// It is read now.
// For a deletion: only if nothing was recorded of its forks since the stream was looked at (kConflict).
std::move_only_function<Result<void>(const merge::Object&, log::Position)> with_these_forks(
    const StreamFacts& facts);

void note_stream_read(const Call& call, const StreamFacts& facts);

Error no_such_stream();
Error gone_stream();

void add_offset(http::Response& response, streams::Offset offset);
void add_closed(http::Response& response, bool closed);
void add_config(http::Response& response, const streams::StreamConfig& config);

}  // namespace syncline::api
