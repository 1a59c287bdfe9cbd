// Makes a JSON string literal, with quotes, of valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace syncline::protocol {

std::string json_string(std::string_view text);

}  // namespace syncline::protocol
