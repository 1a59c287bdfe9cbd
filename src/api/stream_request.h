// What requests about streams ask for: the headers and parameters of Durable Streams, read and checked.
//
// Thread-safety: pure functions. Errors: kInvalid, with the name of the header or the parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "streams/change.h"
#include "streams/offset.h"
#include "syncline/error.h"

namespace syncline::api {

struct CreateWish {
  streams::StreamConfig config;  // an empty content type: none was named
  bool closed = false;
  // Of a fork: `source` is the header as it was sent (stream_named_by()).
  std::optional<streams::ForkedFrom> fork;
};
Result<CreateWish> read_create_wish(const http::Request& request);

// The append without its content.
Result<streams::Append> read_append_wish(const http::Request& request);

struct ReadWish {
  enum class Live : std::uint8_t { kNo, kLongPoll, kSse };
  Live live = Live::kNo;
  streams::StartPlace start;
  bool from_beginning = true;  // it names no place
  std::string cursor;          // that the reader had; may be empty
};
Result<ReadWish> read_read_wish(const http::Request& request);

// The object that a Stream-Forked-From names, for a stream of that workspace: the path of its URL, or what follows the
// workspace in it.
Result<std::string> stream_named_by(std::string_view header, std::string_view workspace);

// What Content-Type says; empty: there is none.
std::string content_type_of(const http::Request& request);

}  // namespace syncline::api
