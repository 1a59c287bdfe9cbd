#include "protocol/stream_sse.h"

#include <algorithm>

#include "base/base64.h"
#include "base/byte_writer.h"
#include "protocol/json_text.h"
#include "streams/content_type.h"

namespace syncline::protocol {
namespace {

constexpr std::string_view kLine = "\ndata:";

// Readers drop one blank at the beginning of a line.
void append_line(ByteWriter& out, std::string_view line) {
  out.append(kLine);
  if (line.starts_with(' ')) out.append(" ");
  out.append(line);
}

// Each end of a line of the content begins another line of the event.
void append_lines(ByteWriter& out, std::string_view content) {
  while (true) {
    const std::size_t end = content.find_first_of("\r\n");
    append_line(out, content.substr(0, end));
    if (end == std::string_view::npos) return;
    const bool both = content.substr(end).starts_with("\r\n");
    content.remove_prefix(end + (both ? 2 : 1));
  }
}

}  // namespace

StreamForm stream_form_of(std::string_view content_type) {
  if (streams::is_json_type(content_type)) return StreamForm::kJson;
  return streams::is_text_type(content_type) ? StreamForm::kText : StreamForm::kBase64;
}

Bytes stream_data_event(StreamForm form, ByteView content) {
  ByteWriter out;
  out.reserve(content.size() + content.size() / 2 + 64);
  out.append("event: data");
  switch (form) {
    case StreamForm::kText: append_lines(out, as_text(content)); break;
    case StreamForm::kBase64: append_line(out, to_base64(content)); break;
    case StreamForm::kJson:
      append_line(out, "[");
      append_lines(out, as_text(content));
      append_line(out, "]");
      break;
  }
  out.append("\n\n");
  return out.take();
}

std::string stream_control_event(const StreamControl& control) {
  std::string event =
      "event: control\ndata:{\"streamNextOffset\":" + json_string(control.next_offset);
  if (!control.cursor.empty()) event += ",\"streamCursor\":" + json_string(control.cursor);
  if (control.up_to_date) event += ",\"upToDate\":true";
  if (control.closed) event += ",\"streamClosed\":true";
  return event + "}\n\n";
}

}  // namespace syncline::protocol
