// The content type of a stream: what its readers may make of its bytes.
//
// Types are compared without case and without parameters (RFC 9110, section 8.3), and shown as they were sent.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace syncline::streams {

inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

// "application/json" of "Application/JSON; charset=utf-8".
std::string essence_of(std::string_view content_type);

// Its messages are values of JSON (json_messages.h).
bool is_json_type(std::string_view content_type);
// Its bytes can be sent as text, where only text can be sent.
bool is_text_type(std::string_view content_type);

}  // namespace syncline::streams
