// Changes of a stream: the intents of the type "stream". docs/formats/stream.md has the bytes.
//
// What was sent stands in the intent as it is, and nothing looks into it. It is the end of the intent, so that reading it
// back takes no copy.
//
// Thread-safety: values and pure functions. A decoded change has views into the bytes it was decoded from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "streams/offset.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::streams {

inline constexpr std::size_t kMostContentTypeBytes = 256;
inline constexpr std::size_t kMostProducerIdBytes = 128;
inline constexpr std::size_t kMostStreamSeqBytes = 256;
inline constexpr std::size_t kMostInherited = 32;  // streams that a fork has content of
inline constexpr std::size_t kMostForks = 256;     // of a stream, that it remembers

// A part of a stream that a fork begins with: what the stream `object` got behind `after` and up to `to`, and then the
// first `part` bytes, or messages of JSON, of its event at `part_at`; 0: of none.
struct Inherited {
  std::string object;
  std::uint64_t generation = 1;
  Offset after = 0;
  Offset to = 0;
  Offset part_at = 0;
  std::uint64_t part = 0;

  Offset end() const { return part_at > to ? part_at : to; }
  bool operator==(const Inherited&) const = default;
};

// Of which stream, and where, a fork was asked for: by that, the same wish is known again.
struct ForkedFrom {
  std::string source;
  std::optional<Offset> offset;  // nullopt: where the stream ended
  std::uint64_t sub_offset = 0;

  bool operator==(const ForkedFrom&) const = default;
};

struct Fork {
  ForkedFrom from;
  std::vector<Inherited> parts;  // in order, each behind the one before

  bool operator==(const Fork&) const = default;
};

// What a stream is from its beginning on.
struct StreamConfig {
  std::string content_type;
  std::optional<std::uint64_t> ttl_s;
  std::optional<std::uint64_t> expires_at_ms;  // since 1970

  bool operator==(const StreamConfig&) const = default;
};

struct ProducerMark {
  std::string id;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;

  bool operator==(const ProducerMark&) const = default;
};

// The first event of a stream.
struct CreateStream {
  StreamConfig config;
  bool closed = false;
  std::optional<Fork> fork;
  std::uint64_t unix_ms = 0;  // when
  ByteView content;           // may be empty
};

struct Append {
  bool closes = false;
  std::optional<ProducerMark> producer;
  std::optional<std::string> stream_seq;
  // Where the stream ends, if there is no content: this change does not move the end.
  Offset tail = 0;
  std::uint64_t unix_ms = 0;  // when; 0: nobody need know
  ByteView content;           // empty only if it closes
};

// A fork is going to need this stream.
struct ReferStream {
  std::string fork;
  Offset tail = 0;
};
// The stream is hidden: somebody has deleted it while forks need it.
struct HideStream {
  Offset tail = 0;
};
// That fork is there now. Recorded each time, so that whoever has looked for forks before knows that he must look again.
struct ConfirmFork {
  std::string fork;
  Offset tail = 0;
};
// These forks need it no longer.
struct ForgetForks {
  std::vector<std::string> forks;  // 1 to kMostForks
  Offset tail = 0;
};

using StreamChange =
    std::variant<CreateStream, Append, ReferStream, HideStream, ConfirmFork, ForgetForks>;

Bytes encode(const CreateStream& change);
Bytes encode(const Append& change);
Bytes encode(const ReferStream& change);
Bytes encode(const HideStream& change);
Bytes encode(const ConfirmFork& change);
Bytes encode(const ForgetForks& change);

// kMalformed: the bytes are none. kInvalid: a value that no stream has. kUnsupported: of a later version.
Result<StreamChange> decode_change(ByteView intent);

// What the change adds to the stream; empty: nothing.
ByteView content_of(const StreamChange& change);
bool closes(const StreamChange& change);

}  // namespace syncline::streams
