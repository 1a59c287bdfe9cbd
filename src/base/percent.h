// Percent-encoding (RFC 3986, section 2.1): everything but unreserved characters, in upper-case hex.
#pragma once

#include <string>
#include <string_view>

namespace syncline {

// `keep_slash`: '/' separates segments and stays.
std::string percent_encode(std::string_view text, bool keep_slash = false);

}  // namespace syncline
