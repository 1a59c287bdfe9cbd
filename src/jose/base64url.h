// Base64 with the alphabet for URLs and without padding (RFC 7515, section 2).
#pragma once

#include "base/base64.h"

namespace syncline::jose {

using syncline::from_base64url;
using syncline::to_base64url;

}  // namespace syncline::jose
