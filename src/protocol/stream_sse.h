// The server-sent events of Durable Streams: events "data" with content, each followed by an event "control" that says
// where to go on.
//
// Content is text if its type says so. Then a line of it is a line "data:", so that nothing in it can end the event or
// begin another; a reader gets each end of a line as "\n", as the standard of server-sent events has it. Other content is
// in base64.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "syncline/bytes.h"

namespace syncline::protocol {

enum class StreamForm : std::uint8_t { kText, kJson, kBase64 };

// The form of content of that type.
StreamForm stream_form_of(std::string_view content_type);

// An event with this content. Of kJson, it is an array of the messages (streams/json_messages.h).
Bytes stream_data_event(StreamForm form, ByteView content);

struct StreamControl {
  std::string next_offset;
  std::string cursor;  // "": the reader need not come back
  bool up_to_date = false;
  bool closed = false;
};
std::string stream_control_event(const StreamControl& control);

}  // namespace syncline::protocol
