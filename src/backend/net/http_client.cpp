#include "backend/net/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>

#include "backend/net/resolve.h"
#include "backend/net/stream.h"
#include "backend/net/tls.h"
#include "http/parser.h"

namespace syncline::backend {
namespace {

struct Url {
  bool secure = false;
  std::string host;
  std::string port;
  std::string authority;  // as given, for the Host header
  std::string target;
};

Result<Url> parse_url(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::kInvalid, fmt::format("not a URL: '{}'", text)); };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.secure = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad();
  }
  if (!std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7f; })) return bad();
  rest = rest.substr(0, rest.find('#'));
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  url.authority = rest.substr(0, slash);
  url.target = rest.substr(slash);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");

  std::string_view host = url.authority;
  url.port = url.secure ? "443" : "80";
  const auto colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) {
    url.port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  url.host = host;
  if (url.host.empty() || url.port.empty()) return bad();
  return url;
}

class Deadline {
 public:
  explicit Deadline(const HttpClientOptions& options)
      : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(options.timeout_ms)),
        stop_(options.stop) {}

  // False if the time is up first, or the exchange is to stop.
  bool wait(int fd, short events) const {
    for (;;) {
      if (is_over()) return false;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end_ - std::chrono::steady_clock::now());
      pollfd entry{fd, events, 0};
      const int ready = ::poll(
          &entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, kLookAtStopMs)));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

  // The time is up, or the exchange is to stop.
  bool is_over() const {
    return std::chrono::steady_clock::now() >= end_ || (stop_ != nullptr && *stop_);
  }

  // Waits for the condition that blocked an operation on `stream`.
  bool wait(const Stream& stream, IoStatus blocked) const {
    return wait(stream.fd(), blocked == IoStatus::kWantWrite ? POLLOUT : POLLIN);
  }

 private:
  static constexpr std::int64_t kLookAtStopMs = 100;

  std::chrono::steady_clock::time_point end_;
  const std::atomic<bool>* const stop_;
};

std::unexpected<Error> too_late() {
  return fail(ErrorCode::kUnavailable, "the server did not answer in time");
}

identity::IpAddress address_of(const sockaddr* address) {
  identity::IpAddress bytes{};
  if (address->sa_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  } else if (address->sa_family == AF_INET) {
    bytes = identity::mapped(0, 0, 0, 0);
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  }
  return bytes;
}

Result<void> may_connect(const HttpClientOptions& options, const addrinfo& info, bool secure) {
  if (!options.may_connect) return {};
  std::array<char, NI_MAXHOST> shown{};
  getnameinfo(info.ai_addr, info.ai_addrlen, shown.data(), shown.size(), nullptr, 0,
              NI_NUMERICHOST);
  return options.may_connect(address_of(info.ai_addr), shown.data(), secure);
}

// A connected non-blocking socket.
Result<int> connect_to(const Url& url, const HttpClientOptions& options, const Deadline& deadline) {
  const auto found = resolve(url.host, url.port, [&] { return deadline.is_over(); });
  if (!found) return std::unexpected(found.error());
  int last = 0;
  std::optional<Error> refused;
  for (const addrinfo* info = found->get(); info != nullptr; info = info->ai_next) {
    if (auto may = may_connect(options, *info, url.secure); !may) {
      refused = std::move(may.error());
      continue;
    }
    const int fd = ::socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    last = ::connect(fd, info->ai_addr, info->ai_addrlen) == 0 ? 0 : errno;
    if (last == EINPROGRESS) {
      socklen_t size = sizeof last;
      last = ETIMEDOUT;
      if (deadline.wait(fd, POLLOUT)) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &last, &size);
    }
    if (last == 0) return fd;
    ::close(fd);
  }
  if (refused && last == 0) return std::unexpected(std::move(*refused));
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot connect to {}:{}: {}", url.host, url.port, strerror(last)));
}

std::optional<Error> write_all(Stream& stream, std::string_view data, const Deadline& deadline) {
  while (!data.empty()) {
    const iovec part{const_cast<char*>(data.data()), data.size()};
    const IoResult result = stream.write({&part, 1});
    switch (result.status) {
      case IoStatus::kOk: data.remove_prefix(result.bytes); break;
      case IoStatus::kWantRead:
      case IoStatus::kWantWrite:
        if (!deadline.wait(stream, result.status)) return too_late().error();
        break;
      default: return Error{ErrorCode::kUnavailable, "the server broke the connection off"};
    }
  }
  return std::nullopt;
}

// Reads and appends bytes. False at the end of the stream.
Result<bool> read_more(Stream& stream, std::string& into, const Deadline& deadline) {
  std::array<std::uint8_t, 16 * 1024> buffer;
  for (;;) {
    const IoResult result = stream.read(buffer);
    switch (result.status) {
      case IoStatus::kOk: into.append(as_text(ByteView(buffer).first(result.bytes))); return true;
      case IoStatus::kEnd: return false;
      case IoStatus::kError:
        return fail(ErrorCode::kUnavailable, "the server broke the connection off");
      default:
        if (!deadline.wait(stream, result.status)) return too_late();
    }
  }
}

std::unexpected<Error> cut_off() {
  return fail(ErrorCode::kMalformed, "the server's answer is cut off");
}

std::unexpected<Error> too_big() {
  return fail(ErrorCode::kTooLarge, "the server's answer is too large");
}

std::unexpected<Error> not_http(const http::Problem& problem) {
  if (problem.status == 413) return too_big();
  return fail(ErrorCode::kMalformed, fmt::format("the server's answer: {}", problem.message));
}

// Skips interim responses (1xx).
Result<http::ResponseHead> read_head(Stream& stream, std::string& input, const Deadline& deadline) {
  const http::Limits limits;
  for (;;) {
    std::size_t scanned = 0;
    for (;;) {
      const auto end = http::find_head_end(input, scanned, limits);
      if (!end) return not_http(end.error());
      if (*end) {
        auto head = http::parse_response_head(std::string_view(input).substr(0, **end), limits);
        input.erase(0, **end);
        if (!head) return not_http(head.error());
        if (head->status >= 200) return std::move(*head);
        break;
      }
      const auto more = read_more(stream, input, deadline);
      if (!more) return std::unexpected(more.error());
      if (!*more) return cut_off();
    }
  }
}

Result<std::string> read_body(Stream& stream, const http::ResponseHead& head, std::string input,
                              const Deadline& deadline, std::size_t max_bytes) {
  if (head.content_length.value_or(0) > max_bytes) return too_big();
  http::ChunkDecoder chunks;
  std::string body;
  for (;;) {
    if (head.chunked) {
      std::string_view rest = input;
      const auto done = chunks.feed(rest, body, max_bytes);
      if (!done) return not_http(done.error());
      if (*done) return body;
    } else {
      body.append(input);
      if (head.content_length && body.size() >= *head.content_length)
        return body.substr(0, *head.content_length);
      if (body.size() > max_bytes) return too_big();
    }
    input.clear();
    const auto more = read_more(stream, input, deadline);
    if (!more) return std::unexpected(more.error());
    if (*more) continue;
    if (head.chunked || head.content_length) return cut_off();
    return body;  // the end of the stream is the end of the body
  }
}

Result<std::string> request_text(std::string_view method, const Url& url, std::string_view body,
                                 const HttpClientOptions& options) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method,
                                 url.target, url.authority);
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH")
    text += fmt::format("Content-Length: {}\r\n", body.size());
  for (const auto& [name, value] : options.headers)
    if (!http::append_head_line(text, name, value))
      return fail(ErrorCode::kInvalid, fmt::format("not a header: '{}'", name));
  text += "\r\n";
  text += body;
  return text;
}

}  // namespace

Result<HttpClientResponse> http_request(std::string_view method, std::string_view url_text,
                                        std::string_view body, const HttpClientOptions& options) {
  const auto url = parse_url(url_text);
  if (!url) return std::unexpected(url.error());
  const auto text = request_text(method, *url, body, options);
  if (!text) return std::unexpected(text.error());
  const Deadline deadline(options);
  const auto fd = connect_to(*url, options, deadline);
  if (!fd) return std::unexpected(fd.error());

  std::unique_ptr<Stream> stream;
  if (url->secure) {
    auto tls = make_tls_client_stream(*fd, url->host, options.ca_file, options.trust_system_too);
    if (!tls) return std::unexpected(tls.error());
    stream = std::move(*tls);
  } else {
    stream = make_plain_stream(*fd);
  }
  for (IoStatus status; (status = stream->handshake()) != IoStatus::kOk;) {
    if (status == IoStatus::kError) return std::unexpected(tls_client_error(*stream));
    if (!deadline.wait(*stream, status)) return too_late();
  }

  if (const auto error = write_all(*stream, *text, deadline)) return std::unexpected(*error);
  std::string input;
  auto head = read_head(*stream, input, deadline);
  if (!head) return std::unexpected(head.error());
  HttpClientResponse response{head->status, {}, {}};
  if (method != "HEAD" && head->status != 204 && head->status != 304) {
    auto content = read_body(*stream, *head, std::move(input), deadline, options.max_body_bytes);
    if (!content) return std::unexpected(content.error());
    response.body = std::move(*content);
  }
  response.headers = std::move(head->headers);
  return response;
}

Result<HttpClientResponse> http_get(std::string_view url, const HttpClientOptions& options) {
  return http_request("GET", url, {}, options);
}

Result<HttpClientResponse> http_post(std::string_view url, std::string_view body,
                                     std::string_view content_type,
                                     const HttpClientOptions& options) {
  HttpClientOptions with_type = options;
  with_type.headers.emplace_back("Content-Type", content_type);
  return http_request("POST", url, body, with_type);
}

}  // namespace syncline::backend
