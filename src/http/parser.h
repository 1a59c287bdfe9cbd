// Parses HTTP/1.1 message heads and chunked bodies (RFC 9112), strictly and without sockets.
//
// Request smuggling works when a proxy and a server read the same bytes differently. So this parser
// refuses everything for which the RFC leaves the recipient a choice: bare line feeds, folded
// lines, blanks around names, two Content-Length headers, Content-Length next to Transfer-Encoding,
// and codings other than chunked. For this reason it is a parser of our own and not a general one
// with checks around it.
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

// The reason to refuse a request. The server answers `status` with error_response(code, message).
// The texts are static.
struct Problem {
  int status;
  std::string_view code;
  std::string_view message;
};

template <typename T>
using Parsed = std::expected<T, Problem>;

struct RequestHead {
  Request request;  // the caller fills in body, peer, loop and secure
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

// The end of the head at the start of `data`, after the blank line; empty while the head is
// incomplete. `scanned` remembers what was already searched, so that a slow sender costs only
// linear time.
Parsed<std::optional<std::size_t>> find_head_end(std::string_view data, std::size_t& scanned,
                                                 const Limits& limits);

// `head` is the text that find_head_end() measured.
Parsed<RequestHead> parse_request_head(std::string_view head, const Limits& limits);
Parsed<ResponseHead> parse_response_head(std::string_view head, const Limits& limits);

// Decodes a chunked body. Skips extensions and trailers, up to a limit.
class ChunkDecoder {
 public:
  // Consumes bytes from the front of `input` and appends the content to `body`. Returns true at the
  // end of the body; the bytes after it are not consumed.
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

// Appends a header line. False if the header contains a control character, which would break the
// framing.
bool append_head_line(std::string& head, std::string_view name, std::string_view value);

}  // namespace syncline::http
