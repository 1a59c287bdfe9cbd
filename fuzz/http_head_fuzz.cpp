// Request heads and chunked bodies: no crash, no limit exceeded, and no accepted message whose end
// is ambiguous.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/parser.h"

namespace {

using namespace syncline;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_head(std::string_view text) {
  const http::Limits limits{.head_bytes = 4096, .target_bytes = 512, .header_count = 10};
  std::size_t scanned = 0;
  const auto end = http::find_head_end(text, scanned, limits);
  if (!end || !*end) return;
  require(**end <= limits.head_bytes && text.substr(0, **end).ends_with("\r\n\r\n"));
  (void)http::parse_response_head(text.substr(0, **end), limits);
  const auto head = http::parse_request_head(text.substr(0, **end), limits);
  if (!head) return require(head.error().status >= 400 && !head.error().message.empty());
  const http::Request& request = head->request;
  require(request.headers.all().size() <= limits.header_count);
  require(request.headers.count("Content-Length") + request.headers.count("Transfer-Encoding") <=
          1);
  require(request.target.size() <= limits.target_bytes && !request.path.empty());
  require(head->content_length <= limits.body_bytes);
  for (const auto& [name, value] : request.headers.all()) {
    require(name.find_first_of(std::string_view(" :\r\n\0", 5)) == name.npos);
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos);
  }
}

void check_chunks(std::string_view text) {
  http::ChunkDecoder whole;
  http::ChunkDecoder bytewise;
  std::string whole_body;
  std::string bytewise_body;
  constexpr std::size_t kMax = 1000;
  std::string_view rest = text;
  const auto done = whole.feed(rest, whole_body, kMax);
  require(whole_body.size() <= kMax);
  bool failed = false;
  bool ended = false;
  for (std::size_t i = 0; i < text.size() && !failed && !ended; ++i) {
    std::string_view one = text.substr(i, 1);
    const auto step = bytewise.feed(one, bytewise_body, kMax);
    failed = !step.has_value();
    ended = step.value_or(false);
  }
  require(failed == !done.has_value() && ended == done.value_or(false));
  if (done) require(whole_body == bytewise_body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_head(text);
  check_chunks(text);
  return 0;
}
