// HTTP messages as values: requests, responses, and what both are made of.
//
// Nothing here knows of connections; http/parser.h makes requests of bytes, http/exchange.h answers them.
// Thread-safety: as for any value; a Body may be shared between threads, its bytes never change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/bytes.h"

namespace syncline::http {

// In order of arrival; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value);

  // The first of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  // Does the comma-separated list `name` (over all its lines) hold `token`, without case?
  bool has_token(std::string_view name, std::string_view token) const;

  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;    // "GET"; a HEAD arrives as HEAD, its response body is not sent
  std::string target;    // as sent: "/y/a%20b/c?token=x"
  std::string raw_path;  // "/y/a%20b/c": split this, then percent_decode() each segment
  // "/y/a b/c": an escaped slash is not told from a real one here; a percent sign that begins no escape
  // stands for itself. Whether that may be, a handler says that splits raw_path.
  std::string path;
  std::string query;  // "token=x", as sent
  Headers headers;
  std::string body;
  std::string peer;      // "127.0.0.1:51234"
  std::size_t loop = 0;  // index of the loop it arrived on
  bool secure = false;   // over TLS
};

// Bytes that are shared or live for ever are sent without a copy.
class Body {
 public:
  Body() = default;
  Body(std::string text);                              // NOLINT: a string is a body
  Body(const char* text) : Body(std::string(text)) {}  // NOLINT
  Body(std::shared_ptr<const Bytes> bytes);            // NOLINT
  static Body forever(ByteView bytes);  // not copied, must outlive the process' connections

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
};

Response json_response(int status, std::string json);
Response text_response(int status, std::string text);

// {"error":{"code":"not_found","message":"…"}}
Response error_response(int status, std::string_view code, std::string_view message);

std::string_view status_text(int status);

// None for a broken escape.
std::optional<std::string> percent_decode(std::string_view text);

// The same, but a percent sign that begins no escape stands for itself.
std::string percent_decode_where_it_is(std::string_view text);

// The first parameter `name` of a query, decoded ("+" is a space). None when absent or broken.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string format_date(std::uint64_t unix_ms);

bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace syncline::http
