// Percent-encoding (RFC 3986, section 2.1). Encodes all except unreserved characters, in upper-case
// hex.
#pragma once

#include <string>
#include <string_view>

namespace syncline {

// `keep_slash`: '/' separates segments, so it is not encoded.
std::string percent_encode(std::string_view text, bool keep_slash = false);

}  // namespace syncline
