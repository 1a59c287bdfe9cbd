#include "api/stream_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "api/path.h"
#include "base/byte_reader.h"
#include "identity/names.h"
#include "state/moment.h"

namespace syncline::api {
namespace {

constexpr std::string_view kStreamsPath = "/streams/";

std::unexpected<Error> bad(std::string_view header, std::string_view what) {
  return fail(ErrorCode::kInvalid, fmt::format("{} {}", header, what));
}

// A header that is present only once.
Result<std::optional<std::string>> one_header(const http::Request& request, const char* name) {
  const auto value = request.headers.find(name);
  if (!value) return std::nullopt;
  if (request.headers.count(name) > 1) return bad(name, "is there more than once");
  return std::string(*value);
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Decimal digits without zeros before them, up to 2^53-1.
Result<std::optional<std::uint64_t>> number_header(const http::Request& request, const char* name) {
  auto text = one_header(request, name);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return std::nullopt;
  const std::string& digits = **text;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool zeros = digits.size() > 1 && digits[0] == '0';
  if (error != std::errc() || end != digits.data() + digits.size() || zeros ||
      value > kMaxSafeInteger)
    return bad(name, "is not a whole number in decimal digits, of at most 2^53-1");
  return value;
}

// A text that is stored: of 1 to `most` printable characters of ASCII.
Result<std::optional<std::string>> text_header(const http::Request& request, const char* name,
                                               std::size_t most) {
  auto text = one_header(request, name);
  if (!text || !*text) return text;
  if ((*text)->empty() || (*text)->size() > most || !is_printable(**text))
    return bad(name, fmt::format("is not a text of 1 to {} printable characters of ASCII", most));
  return text;
}

bool is_closed(const http::Request& request) {
  return http::equals_ignoring_case(request.headers.find("Stream-Closed").value_or(""), "true");
}

// RFC 3339: a day and a time.
Result<std::optional<std::uint64_t>> read_expiry(const http::Request& request) {
  auto text = one_header(request, "Stream-Expires-At");
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return std::nullopt;
  const auto moment = state::parse_moment(**text);
  const auto* instant = moment ? std::get_if<state::Instant>(&*moment) : nullptr;
  if (instant == nullptr || !(*text)->contains('T'))
    return bad("Stream-Expires-At", "is no time of RFC 3339");
  return instant->unix_ms;
}

Result<std::optional<streams::ForkedFrom>> read_fork_wish(const http::Request& request) {
  auto source = one_header(request, "Stream-Forked-From");
  if (!source) return std::unexpected(std::move(source.error()));
  const auto offset = one_header(request, "Stream-Fork-Offset");
  if (!offset) return std::unexpected(offset.error());
  const auto sub = number_header(request, "Stream-Fork-Sub-Offset");
  if (!sub) return std::unexpected(sub.error());
  if (!*source) {
    if (*offset || *sub)
      return bad("Stream-Fork-Offset", "means nothing without Stream-Forked-From");
    return std::nullopt;
  }
  streams::ForkedFrom fork{.source = std::move(**source), .sub_offset = sub->value_or(0)};
  if (!*offset && fork.sub_offset > 0)
    return bad("Stream-Fork-Sub-Offset", "means nothing without Stream-Fork-Offset");
  if (*offset) {
    const auto start = streams::parse_start(**offset);
    if (!start) return bad("Stream-Fork-Offset", "is no offset of a stream");
    if (!start->at_end) fork.offset = start->offset;
  }
  return fork;
}

// The values of a parameter, as they were sent: "" of one without a value.
std::size_t count_parameter(std::string_view query, std::string_view name) {
  std::size_t count = 0;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.substr(0, part.find('=')) == name) ++count;
  }
  return count;
}

}  // namespace

std::string content_type_of(const http::Request& request) {
  return std::string(request.headers.find("Content-Type").value_or(""));
}

Result<CreateWish> read_create_wish(const http::Request& request) {
  CreateWish wish;
  auto type = text_header(request, "Content-Type", streams::kMostContentTypeBytes);
  if (!type) return std::unexpected(std::move(type.error()));
  if (*type) wish.config.content_type = std::move(**type);
  const auto ttl = number_header(request, "Stream-TTL");
  if (!ttl) return std::unexpected(ttl.error());
  const auto expiry = read_expiry(request);
  if (!expiry) return std::unexpected(expiry.error());
  if (*ttl && *expiry) return bad("Stream-TTL", "and Stream-Expires-At exclude each other");
  wish.config.ttl_s = *ttl;
  wish.config.expires_at_ms = *expiry;
  wish.closed = is_closed(request);
  auto fork = read_fork_wish(request);
  if (!fork) return std::unexpected(std::move(fork.error()));
  wish.fork = std::move(*fork);
  return wish;
}

Result<streams::Append> read_append_wish(const http::Request& request) {
  streams::Append append;
  append.closes = is_closed(request);
  auto seq = text_header(request, "Stream-Seq", streams::kMostStreamSeqBytes);
  if (!seq) return std::unexpected(std::move(seq.error()));
  append.stream_seq = std::move(*seq);
  auto id = text_header(request, "Producer-Id", streams::kMostProducerIdBytes);
  if (!id) return std::unexpected(std::move(id.error()));
  const auto epoch = number_header(request, "Producer-Epoch");
  if (!epoch) return std::unexpected(epoch.error());
  const auto number = number_header(request, "Producer-Seq");
  if (!number) return std::unexpected(number.error());
  if (!*id && !*epoch && !*number) return append;
  if (!*id || !*epoch || !*number)
    return bad("Producer-Id", "needs Producer-Epoch and Producer-Seq, and they need it");
  append.producer = {.id = std::move(**id), .epoch = **epoch, .seq = **number};
  return append;
}

Result<ReadWish> read_read_wish(const http::Request& request) {
  ReadWish wish;
  const std::string& query = request.query;
  const std::size_t offsets = count_parameter(query, "offset");
  if (offsets > 1) return bad("offset", "is there more than once");
  if (offsets == 1) {
    const std::string text = http::query_parameter(query, "offset").value_or("");
    const auto start = streams::parse_start(text);
    if (!start) return bad("offset", "is no offset of a stream");
    wish.start = *start;
    wish.from_beginning = text == "-1";
  }
  const auto live = http::query_parameter(query, "live");
  if (live && *live != "long-poll" && *live != "sse") return bad("live", "is long-poll or sse");
  if (live) wish.live = *live == "sse" ? ReadWish::Live::kSse : ReadWish::Live::kLongPoll;
  if (live && offsets == 0) return bad("offset", "must be there in live modes");
  wish.cursor = http::query_parameter(query, "cursor").value_or("");
  return wish;
}

Result<std::string> stream_named_by(std::string_view header, std::string_view workspace) {
  constexpr std::string_view kWhat = "names no stream of this workspace";
  std::string_view rest = header;
  if (!rest.starts_with('/')) return bad("Stream-Forked-From", kWhat);
  if (const std::size_t at = rest.find(kStreamsPath);
      at == 0 || (at != std::string_view::npos && rest.starts_with("/t/"))) {
    rest.remove_prefix(at + kStreamsPath.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || rest.substr(0, slash) != workspace)
      return bad("Stream-Forked-From", kWhat);
    rest.remove_prefix(slash);
  }
  rest.remove_prefix(1);
  auto name = http::percent_decode(rest);
  if (!name || !identity::check_object_id(*name)) return bad("Stream-Forked-From", kWhat);
  return std::move(*name);
}

}  // namespace syncline::api
