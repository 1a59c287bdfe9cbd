// Requests about streams: headers, parameters, offsets and messages of JSON, as strangers may send them. What is read has
// the bounds of what is stored, and content in server-sent events can begin no event of its own.
#include <string>
#include <string_view>

#include "api/stream_request.h"
#include "check.h"
#include "protocol/stream_sse.h"
#include "streams/json_messages.h"

namespace {

using namespace syncline;

constexpr std::string_view kHeaders[] = {
    "Content-Type",          "Stream-TTL",         "Stream-Expires-At",
    "Stream-Closed",         "Stream-Seq",         "Producer-Id",
    "Producer-Epoch",        "Producer-Seq",       "Stream-Cursor",
    "If-None-Match",         "Stream-Forked-From", "Stream-Fork-Offset",
    "Stream-Fork-Sub-Offset"};

// A line for each header, with the index of its name as its first byte; the rest is the query.
http::Request request_of(std::string_view text) {
  http::Request request;
  for (std::size_t lines = 0; lines < 16 && text.contains('\n'); ++lines) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.empty()) break;
    const auto name = kHeaders[static_cast<unsigned char>(line[0]) % std::size(kHeaders)];
    request.headers.add(std::string(name), std::string(line.substr(1)));
  }
  request.query = text;
  return request;
}

void check_request(std::string_view text) {
  const http::Request request = request_of(text);
  if (const auto wish = api::read_create_wish(request)) {
    FUZZ_CHECK(wish->config.content_type.size() <= streams::kMostContentTypeBytes);
    FUZZ_CHECK(!wish->config.ttl_s || !wish->config.expires_at_ms);
  }
  if (const auto append = api::read_append_wish(request); append && append->producer) {
    streams::Append whole = *append;
    whole.content = as_bytes("x");
    FUZZ_CHECK(streams::decode_change(streams::encode(whole)));
  }
  if (const auto wish = api::read_read_wish(request); wish && !wish->start.at_end)
    FUZZ_CHECK(streams::parse_start(streams::offset_text(wish->start.offset)));
  (void)api::stream_named_by(text, "w");
}

void check_messages(std::string_view text) {
  const auto messages = streams::json_messages(text);
  if (!messages) return;
  const std::size_t count = streams::count_messages(*messages);
  FUZZ_CHECK((count == 0) == messages->empty());
  std::size_t before = 0;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::string_view first = streams::first_messages(*messages, i);
    FUZZ_CHECK(first.size() >= before && streams::count_messages(first) == i);
    before = first.size();
  }
  FUZZ_CHECK(streams::first_messages(*messages, count) == *messages);
}

// Between the first line and the blank line at the end, each line is content.
void check_event(protocol::StreamForm form, ByteView content) {
  const Bytes bytes = protocol::stream_data_event(form, content);
  std::string_view event = as_text(bytes);
  constexpr std::string_view kFirst = "event: data\n";
  FUZZ_CHECK(event.starts_with(kFirst) && event.ends_with("\n\n"));
  event = event.substr(kFirst.size(), event.size() - kFirst.size() - 1);
  while (!event.empty()) {
    FUZZ_CHECK(event.starts_with("data:"));
    const std::size_t end = event.find('\n');
    FUZZ_CHECK(end != std::string_view::npos);
    FUZZ_CHECK(event.substr(0, end).find('\r') == std::string_view::npos);
    event.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{data, size};
  check_request(as_text(bytes));
  check_messages(as_text(bytes));
  for (const auto form :
       {protocol::StreamForm::kText, protocol::StreamForm::kJson, protocol::StreamForm::kBase64})
    check_event(form, bytes);
  return 0;
}
