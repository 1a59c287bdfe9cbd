// HTTP/1.1 message heads and chunked bodies (RFC 9112), parsed strictly and without sockets.
//
// Two parsers that read the same bytes differently are how requests are smuggled past a proxy. So
// whatever the RFC lets a recipient choose is refused here: bare line feeds, folded lines, blanks
// around names, Content-Length twice or beside Transfer-Encoding, codings other than chunked.
// That is why this is not a general parser with checks around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace syncline::http {

struct Limits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_count = 100;
  std::size_t body_bytes = 1024 * 1024;
};

// Why a request is refused: answered as status and error_response(code, message). Static text.
struct Problem {
  int status;
  std::string_view code;
  std::string_view message;
};

template <typename T>
using Parsed = std::expected<T, Problem>;

struct RequestHead {
  Request request;  // body, peer, loop and secure are left to the caller
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;
  bool http_1_0 = false;
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
};

// Where the head that starts `data` ends, the blank line included; none while it is incomplete.
// `scanned` carries over what has been looked at, so that a slow sender costs linear time.
Parsed<std::optional<std::size_t>> find_head_end(std::string_view data, std::size_t& scanned,
                                                 const Limits& limits);

// `head` is what find_head_end() measured.
Parsed<RequestHead> parse_request_head(std::string_view head, const Limits& limits);
Parsed<ResponseHead> parse_response_head(std::string_view head, const Limits& limits);

// Takes the chunks apart; extensions and trailers are read over, bounded.
class ChunkDecoder {
 public:
  // Takes bytes from the front of `input`, appends the content to `body`. True at the end of the
  // body, whose last byte is then the last one taken.
  Parsed<bool> feed(std::string_view& input, std::string& body, std::size_t max_body_bytes);

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataCr,
    kDataLf,
    kTrailer
  };

  bool step(char c);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  std::uint8_t digits_ = 0;
  std::size_t overhead_ = 0;     // bytes of extensions and trailers
  std::uint8_t trailer_at_ = 0;  // 0 line start, 1 in a line, 2 after its CR, 3 after the last CR
  bool done_ = false;
};

// Writes a head. False when a header would break the framing (a control character in it).
bool append_head_line(std::string& head, std::string_view name, std::string_view value);

}  // namespace syncline::http
