// HTTP as the application sees it: a whole request in, a response out, now or later.
//
// The connection behind a request lives on one loop. A handler is called on that loop and answers
// on it, in the same turn or a later one; from another thread it posts to responder.loop() first.
//
//   server handler: [](HttpRequest request, HttpResponder responder) {
//     responder.respond(json_response(200, R"({"ok":true})"));
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "syncline/bytes.h"

namespace syncline::backend {

class EventLoop;

// In order of arrival; names compare without case.
class HttpHeaders {
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

struct HttpRequest {
  std::string method;    // "GET"; a HEAD arrives as HEAD, its response body is not sent
  std::string target;    // as sent: "/y/a%20b/c?token=x"
  std::string raw_path;  // "/y/a%20b/c": split this, then percent_decode() each segment
  // "/y/a b/c": an escaped slash is not told from a real one here; a percent sign that begins no escape
  // stands for itself. Whether that may be, a handler says that splits raw_path.
  std::string path;
  std::string query;  // "token=x", as sent
  HttpHeaders headers;
  std::string body;
  std::string peer;      // "127.0.0.1:51234"
  std::size_t loop = 0;  // index of the loop it arrived on
  bool secure = false;   // over TLS
};

// Bytes that are shared or live for ever are sent without a copy.
class HttpBody {
 public:
  HttpBody() = default;
  HttpBody(std::string text);                                  // NOLINT: a string is a body
  HttpBody(const char* text) : HttpBody(std::string(text)) {}  // NOLINT
  HttpBody(std::shared_ptr<const Bytes> bytes);                // NOLINT
  static HttpBody forever(ByteView bytes);  // not copied, must outlive the process' connections

  ByteView view() const { return view_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::shared_ptr<const void> owner_;
  ByteView view_;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  HttpBody body;
};

// What a responder speaks to; implemented by the connection. All on the connection's loop.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual EventLoop& loop() = 0;
  virtual void respond(HttpResponse response) = 0;
  virtual void begin(HttpResponse head) = 0;
  virtual void write(HttpBody piece) = 0;
  virtual void end() = 0;
  virtual void abort() = 0;
  virtual std::size_t queued_bytes() const = 0;
  virtual bool is_closed() const = 0;
  virtual void when_closed(Task task) = 0;
};

// A response that is sent in pieces (server-sent events, exports). Destroying it without end()
// breaks the connection off, so that the client sees that something is missing.
// Must be destroyed on its loop. After a close, writes are ignored.
class HttpStream {
 public:
  explicit HttpStream(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  HttpStream(HttpStream&&) = default;
  HttpStream& operator=(HttpStream&& other) noexcept;
  ~HttpStream();

  void write(HttpBody piece);
  void end();

  // Accepted by write() and not yet handed to the operating system; bound it.
  std::size_t queued_bytes() const { return exchange_ ? exchange_->queued_bytes() : 0; }

  bool is_closed() const { return !exchange_ || exchange_->is_closed(); }

  // Runs `task` in a later turn when the client goes away before end(); at most one, the last
  // given.
  void when_closed(Task task);

 private:
  std::shared_ptr<HttpExchange> exchange_;
};

// The duty to answer one request. Destroyed without an answer it answers 500, from any thread.
class HttpResponder {
 public:
  explicit HttpResponder(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  HttpResponder(HttpResponder&&) = default;
  HttpResponder& operator=(HttpResponder&& other) noexcept;
  ~HttpResponder();

  // A header that the answer will carry, whoever gives it.
  void add_header(std::string name, std::string value);

  // Exactly one of these, once.
  void respond(HttpResponse response);
  HttpStream begin(HttpResponse head);  // the body of `head` is ignored

  EventLoop& loop() { return exchange_->loop(); }

  // Somebody else answers.
  void dismiss() { exchange_.reset(); }

 private:
  void give_up();
  HttpResponse completed(HttpResponse response);

  std::shared_ptr<HttpExchange> exchange_;
  std::vector<std::pair<std::string, std::string>> headers_;  // of add_header()
};

using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

HttpResponse json_response(int status, std::string json);
HttpResponse text_response(int status, std::string text);

// {"error":{"code":"not_found","message":"…"}}
HttpResponse error_response(int status, std::string_view code, std::string_view message);

// A static asset: 304 when the request's If-None-Match names `etag` (in its quotes), for GET and
// HEAD; otherwise 200. `cache_control` such as "no-cache" or "public, max-age=31536000, immutable".
HttpResponse asset_response(const HttpRequest& request, HttpBody body,
                            std::string_view content_type, std::string_view etag,
                            std::string_view cache_control);
bool etag_matches(const HttpRequest& request, std::string_view etag);

std::string_view status_text(int status);

// None for a broken escape.
std::optional<std::string> percent_decode(std::string_view text);

// The same, but a percent sign that begins no escape stands for itself.
std::string percent_decode_where_it_is(std::string_view text);

// The first parameter `name` of a query, decoded ("+" is a space). None when absent or broken.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(std::uint64_t unix_ms);

bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace syncline::backend
