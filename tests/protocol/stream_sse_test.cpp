// Server-sent events of streams: what is in them comes out again, and can begin no event of its own.
#include "protocol/stream_sse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace syncline::protocol {
namespace {

std::string event_of(StreamForm form, std::string_view content) {
  return std::string(as_text(stream_data_event(form, as_bytes(content))));
}

// What a reader takes of the data of an event, as the standard says.
std::string data_of(std::string_view event) {
  std::string data;
  bool first = true;
  while (!event.empty()) {
    std::string_view line = event.substr(0, event.find('\n'));
    event.remove_prefix(line.size() + 1);
    if (!line.starts_with("data:")) continue;
    line.remove_prefix(5);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (!std::exchange(first, false)) data += '\n';
    data += line;
  }
  return data;
}

TEST(StreamSse, TextComesOutAgain) {
  for (const char* text : {"one", "", "two\nlines", "\n", " blank", "a\n\n b", "ends\n"})
    EXPECT_EQ(data_of(event_of(StreamForm::kText, text)), text);
  EXPECT_EQ(event_of(StreamForm::kText, "a\nb"), "event: data\ndata:a\ndata:b\n\n");
}

TEST(StreamSse, NoContentBeginsAnEvent) {
  const std::string attack = "x\r\n\r\nevent: control\rdata: {}\n\nid: 1";
  const std::string event = event_of(StreamForm::kText, attack);
  EXPECT_EQ(event.find('\r'), std::string::npos);
  EXPECT_EQ(event.find("\n\n"), event.size() - 2);
  EXPECT_EQ(data_of(event), "x\n\nevent: control\ndata: {}\n\nid: 1");
}

TEST(StreamSse, JsonIsAnArrayAndBytesAreBase64) {
  EXPECT_EQ(data_of(event_of(StreamForm::kJson, "{\"a\":1},\n2")), "[\n{\"a\":1},\n2\n]");
  EXPECT_EQ(data_of(event_of(StreamForm::kBase64, std::string("\0\n", 2))), "AAo=");
  EXPECT_EQ(stream_form_of("application/json; charset=utf-8"), StreamForm::kJson);
  EXPECT_EQ(stream_form_of("text/html"), StreamForm::kText);
  EXPECT_EQ(stream_form_of("image/png"), StreamForm::kBase64);
}

TEST(StreamSse, ControlSaysWhereToGoOn) {
  EXPECT_EQ(
      stream_control_event({.next_offset = "5", .cursor = "7", .up_to_date = true}),
      "event: control\ndata:{\"streamNextOffset\":\"5\",\"streamCursor\":\"7\",\"upToDate\":true}"
      "\n\n");
  EXPECT_EQ(stream_control_event({.next_offset = "5", .closed = true}),
            "event: control\ndata:{\"streamNextOffset\":\"5\",\"streamClosed\":true}\n\n");
}

}  // namespace
}  // namespace syncline::protocol
