// Base64 with the standard alphabet and padding (RFC 4648, section 4).
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

}  // namespace syncline
