// Pages of a stream (streams/stream.h): its content, read from the log, with what a fork has of other streams before it.
//
// The log holds only durable events, so nobody is shown what a crash could take back. A page is a read of one range of
// the log within limits, so it costs what it has, wherever in the stream it is.
//
// Thread-safety: none; one loop, which is that of the log.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/pieces.h"
#include "log/done.h"
#include "log/event_log.h"
#include "streams/change.h"
#include "streams/offset.h"

namespace syncline::session {

// Where the content of a stream stands.
struct StreamPlace {
  std::string workspace;
  std::string object;
  std::uint64_t generation = 1;
  std::string content_type;
  std::vector<streams::Inherited> inherited = {};  // what a fork has of others
  log::Position after = 0;                         // its own events are behind this
};

// What one event has added.
struct StreamChunk {
  streams::Offset offset = 0;  // behind it
  SharedPiece content;         // may be empty
  bool closes = false;
};

struct StreamPage {
  std::vector<StreamChunk> chunks;  // those with content, and one that closes
  streams::Offset next = 0;         // where to go on
  bool at_end = false;              // there was nothing behind, up to where it was asked for
  log::Position dropped = 0;        // the last event whose content is dropped; 0: none is
};

inline constexpr log::ReadLimits kStreamPage{.max_events = 2048,
                                             .max_bytes = std::size_t{256} << 10};

// Reads what is behind `after`, within the limits, of which `to` is the end. A page without chunks is at the end, or of
// events that have no content. kCorrupt: an event is no change of a stream.
void read_stream(log::EventLog& log, const StreamPlace& place, streams::Offset after,
                 const log::ReadLimits& limits, log::Done<StreamPage> done);

// What the event at that position has added to a stream, of its intent, which `owner` keeps. kCorrupt: it is no change of a
// stream.
Result<StreamChunk> chunk_of(log::Position position, ByteView intent,
                             std::shared_ptr<const void> owner);

}  // namespace syncline::session
