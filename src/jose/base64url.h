// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5; RFC 7515, section 2).
#pragma once

#include <string>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::jose {

std::string to_base64url(ByteView bytes);

// kMalformed: other characters, padding, a length that no bytes have, or unused bits that are not zero. So
// each value has only one text.
Result<Bytes> from_base64url(std::string_view text);

}  // namespace syncline::jose
