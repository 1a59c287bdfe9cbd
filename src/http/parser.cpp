#include "http/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/trim.h"
#include "http/tokens.h"

namespace syncline::http {
namespace {

std::unexpected<Problem> problem(int status, std::string_view code, std::string_view message) {
  return std::unexpected(Problem{status, code, message});
}

std::unexpected<Problem> malformed(std::string_view message) {
  return problem(400, "malformed", message);
}

// Allows visible characters, blanks, tabs, and bytes above ASCII.
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view take_line(std::string_view& head) {
  const auto end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(head.size(), line.size() + 2));
  return line;
}

Parsed<Headers> parse_fields(std::string_view lines, const Limits& limits) {
  Headers headers;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') return malformed("folded header line");
    const auto colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)))
      return malformed("header line without a proper name");
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return malformed("control character in a header");
    if (headers.all().size() == limits.header_count)
      return problem(431, "too_large", "too many headers");
    headers.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return headers;
}

struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
};

Parsed<Framing> parse_framing(const Headers& headers) {
  Framing framing;
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
    return malformed("ambiguous body length");
  if (codings == 1) {
    if (!equals_ignoring_case(*headers.find("Transfer-Encoding"), "chunked"))
      return problem(501, "unsupported", "only the transfer coding 'chunked' is supported");
    framing.chunked = true;
  }
  if (lengths == 1) {
    const std::string_view text = *headers.find("Content-Length");
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || !std::ranges::all_of(text, is_digit))
      return malformed("Content-Length is not a number");
    if (error != std::errc()) return problem(413, "too_large", "body is too large");
    framing.content_length = value;
  }
  return framing;
}

// "HTTP/1.1" -> 1. Another major version is refused with 505.
Parsed<int> parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7]))
    return malformed("no proper HTTP version");
  if (text[5] != '1')
    return problem(505, "unsupported", "only HTTP/1.0 and HTTP/1.1 are supported");
  return text[7] - '0';
}

// Splits and decodes the target: origin form, absolute form, or "*" for OPTIONS.
std::optional<Problem> parse_target(Request& request) {
  std::string_view rest = request.target;
  if (!std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7f; }))
    return Problem{400, "malformed", "invalid character in the request target"};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    rest.remove_prefix(std::min(rest.size(), rest.find_first_of("/?")));
    break;
  }
  if (const auto fragment = rest.find('#'); fragment != rest.npos)
    return Problem{400, "malformed", "fragment in the request target"};
  const auto mark = rest.find('?');
  request.raw_path = rest.substr(0, mark);
  if (mark != rest.npos) request.query = rest.substr(mark + 1);
  if (request.raw_path.empty()) request.raw_path = "/";
  const bool asterisk = request.target == "*" && request.method == "OPTIONS";
  if (request.raw_path.front() != '/' && !asterisk)
    return Problem{400, "malformed", "request target is not a path"};
  request.path = percent_decode_where_it_is(request.raw_path);
  return std::nullopt;
}

// Fills method, target and version from the first line.
Parsed<int> parse_request_line(std::string_view line, Request& request, const Limits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || first == last) return malformed("request line is not complete");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty()) return malformed("request line is not well formed");
  const auto version = parse_version(line.substr(last + 1));
  if (!version) return version;
  static constexpr std::array<std::string_view, 7> kMethods{"GET",    "HEAD",  "POST",   "PUT",
                                                            "DELETE", "PATCH", "OPTIONS"};
  if (std::ranges::find(kMethods, method) == kMethods.end())
    return problem(501, "unsupported", "method is not implemented");
  if (target.size() > limits.target_bytes)
    return problem(414, "too_large", "request target is too long");
  request.method = method;
  request.target = target;
  if (const auto problem = parse_target(request)) return std::unexpected(*problem);
  return version;
}

}  // namespace

Parsed<std::optional<std::size_t>> find_head_end(std::string_view data, std::size_t& scanned,
                                                 const Limits& limits) {
  const std::string_view window = data.substr(0, limits.head_bytes);
  for (;;) {
    const auto feed = window.find('\n', scanned);
    if (feed == window.npos) break;
    if (feed == 0 || window[feed - 1] != '\r')
      return malformed("line feed without carriage return");
    scanned = feed + 1;
    if (feed >= 3 && window[feed - 2] == '\n') return std::optional(feed + 1);
  }
  if (data.size() >= limits.head_bytes) {
    if (window.find('\n') == window.npos)
      return problem(414, "too_large", "request line is too long");
    return problem(431, "too_large", "request head is too large");
  }
  scanned = window.size();
  return std::optional<std::size_t>();
}

Parsed<RequestHead> parse_request_head(std::string_view head, const Limits& limits) {
  RequestHead parsed;
  const auto version = parse_request_line(take_line(head), parsed.request, limits);
  if (!version) return std::unexpected(version.error());
  parsed.http_1_0 = *version == 0;

  auto headers = parse_fields(head, limits);
  if (!headers) return std::unexpected(headers.error());
  if (headers->count("Host") > 1 || (!parsed.http_1_0 && headers->count("Host") == 0))
    return malformed("exactly one Host header is needed");

  const auto framing = parse_framing(*headers);
  if (!framing) return std::unexpected(framing.error());
  if (framing->chunked && parsed.http_1_0) return malformed("HTTP/1.0 has no transfer codings");
  parsed.chunked = framing->chunked;
  parsed.content_length = framing->content_length.value_or(0);
  if (parsed.content_length > limits.body_bytes)
    return problem(413, "too_large", "body is too large");

  parsed.keep_alive = parsed.http_1_0 ? headers->has_token("Connection", "keep-alive")
                                      : !headers->has_token("Connection", "close");
  if (const auto expect = headers->find("Expect"); expect && !parsed.http_1_0) {
    if (!equals_ignoring_case(*expect, "100-continue"))
      return problem(417, "unsupported", "only the expectation 100-continue is supported");
    parsed.expect_continue = true;
  }
  parsed.request.headers = std::move(*headers);
  return parsed;
}

Parsed<ResponseHead> parse_response_head(std::string_view head, const Limits& limits) {
  const std::string_view line = take_line(head);
  const auto version = parse_version(line.substr(0, 8));
  if (!version) return std::unexpected(version.error());
  if (line.size() < 12 || line[8] != ' ' || !std::ranges::all_of(line.substr(9, 3), is_digit))
    return malformed("no proper status line");
  ResponseHead parsed;
  std::from_chars(line.data() + 9, line.data() + 12, parsed.status);
  auto headers = parse_fields(head, limits);
  if (!headers) return std::unexpected(headers.error());
  const auto framing = parse_framing(*headers);
  if (!framing) return std::unexpected(framing.error());
  parsed.content_length = framing->content_length;
  parsed.chunked = framing->chunked;
  parsed.headers = std::move(*headers);
  return parsed;
}

Parsed<bool> ChunkDecoder::feed(std::string_view& input, std::string& body,
                                std::size_t max_body_bytes) {
  constexpr std::size_t kOverheadMax = 8 * 1024;
  while (!done_ && !input.empty()) {
    if (state_ == State::kData) {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      if (take > max_body_bytes - body.size())
        return problem(413, "too_large", "body is too large");
      body.append(input.substr(0, take));
      input.remove_prefix(take);
      left_ -= take;
      if (left_ == 0) state_ = State::kDataCr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (!step(c)) return malformed("chunked body is not well formed");
    if (overhead_ > kOverheadMax) return problem(431, "too_large", "too much around the chunks");
    if (state_ == State::kData && left_ > max_body_bytes - body.size())
      return problem(413, "too_large", "body is too large");
  }
  return done_;
}

bool ChunkDecoder::step(char c) {
  switch (state_) {
    case State::kSize: {
      const char low = static_cast<char>(c | 0x20);
      if (is_digit(c) || (low >= 'a' && low <= 'f')) {
        if (++digits_ > 15) return false;
        left_ = left_ * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : low - 'a' + 10);
        return true;
      }
      if (digits_ == 0) return false;
      state_ = c == '\r' ? State::kSizeEnd : State::kExtension;
      return c == '\r' || c == ';';
    }
    case State::kExtension:
      ++overhead_;
      if (c == '\r') state_ = State::kSizeEnd;
      return c != '\n' && c != '\0';
    case State::kSizeEnd:
      state_ = left_ > 0 ? State::kData : State::kTrailer;
      digits_ = 0;
      return c == '\n';
    case State::kDataCr: state_ = State::kDataLf; return c == '\r';
    case State::kDataLf: state_ = State::kSize; return c == '\n';
    case State::kTrailer:
      ++overhead_;
      switch (trailer_at_) {
        case 0: trailer_at_ = c == '\r' ? 3 : 1; return c != '\n';
        case 1: trailer_at_ = c == '\r' ? 2 : 1; return c != '\n';
        case 2: trailer_at_ = 0; return c == '\n';
        default: done_ = true; return c == '\n';
      }
    case State::kData: break;
  }
  return false;
}

bool append_head_line(std::string& head, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  head.append(name).append(": ").append(value).append("\r\n");
  return true;
}

}  // namespace syncline::http
