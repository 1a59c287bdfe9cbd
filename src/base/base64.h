// Base64 with the standard alphabet and padding (RFC 4648, section 4), and the form for URLs, tokens and file
// names, with '-' and '_' and without padding (section 5).
#pragma once

#include <string>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline {

std::string to_base64(ByteView bytes);

// kMalformed: other characters, wrong padding, or unused bits that are not zero. So each value has
// only one text.
Result<Bytes> from_base64(std::string_view text);

std::string to_base64url(ByteView bytes);
// As from_base64(). Padding is malformed.
Result<Bytes> from_base64url(std::string_view text);

}  // namespace syncline
