// HTTP messages as plain values: requests, responses and their parts.
//
// This header has no notion of connections: http/parser.h parses requests, http/exchange.h answers
// them. Thread-safety: as for any value. Threads may share a Body, because its bytes never change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pieces.h"
#include "syncline/bytes.h"

namespace syncline::http {

// In order of arrival. Names are compared without case.
class Headers {
 public:
  void add(std::string name, std::string value);

  // The first header of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  // True if the comma-separated list `name` (over all its lines) contains `token`. Compares without
  // case.
  bool has_token(std::string_view name, std::string_view token) const;

  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

class BodySource;

struct Request {
  std::string method;    // "GET". For a HEAD, the connection does not send the body of the response
  std::string target;    // as sent: "/y/a%20b/c?token=x"
  std::string raw_path;  // "/y/a%20b/c": split this, then percent_decode() each segment
  // The decoded path: "/y/a b/c". It does not distinguish an escaped slash from a real one. A
  // percent sign that begins no valid escape is kept. A handler that needs these differences splits
  // raw_path.
  std::string path;
  std::string query;  // "token=x", as sent
  Headers headers;
  std::string body;
  // For a few routes: the body comes piece by piece, as it is asked for (http/body_source.h), and `body` is empty.
  // nullptr: `body` is all of it.
  std::shared_ptr<BodySource> body_source = nullptr;
  std::string peer;      // "127.0.0.1:51234"
  std::size_t loop = 0;  // index of the loop it arrived on
  bool secure = false;   // over TLS
  // The tenant that its address names (node/tenant_choice.h), by which its path no longer begins; "": none.
  std::string tenant = {};
  // Counts the body as long as somebody has the request (base/memory_cell.h); may be nullptr.
  std::shared_ptr<const void> body_charge = nullptr;
};

// The body of a message. Bytes that are shared or static are sent without a copy.
class Body {
 public:
  Body() = default;
  Body(std::string text);                              // NOLINT: a string is a body
  Body(const char* text) : Body(std::string(text)) {}  // NOLINT
  Body(std::shared_ptr<const Bytes> bytes);            // NOLINT
  Body(SharedPiece bytes);                             // NOLINT
  static Body forever(ByteView bytes);                 // not copied; must outlive all connections

  ByteView view() const { return view_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::shared_ptr<const void> owner_;
  ByteView view_;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  Body body;
  std::string reason = {};  // of an error: why, for the log; the body says it to the client
  // Of an answer in pieces: how many bytes all of them have, if that is known.
  std::optional<std::uint64_t> length = {};
};

Response json_response(int status, std::string json);
Response text_response(int status, std::string text);

// {"error":{"code":"not_found","message":"…"}}
Response error_response(int status, std::string_view code, std::string_view message);

std::string_view status_text(int status);

// Empty if an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text);

// The same, but keeps a percent sign that begins no valid escape.
std::string percent_decode_where_it_is(std::string_view text);

// The first query parameter `name`, decoded ("+" is a space). Empty if it is absent or malformed.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string format_date(std::uint64_t unix_ms);

bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace syncline::http
