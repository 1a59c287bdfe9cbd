// The meaning of WebSocket close codes for published clients. 44xx mirrors HTTP's 4xx: reconnecting
// is pointless, and y-websocket 3 stops. After any other code, clients reconnect after a while.
#pragma once

#include <cstdint>

#include "syncline/error.h"

namespace syncline::session {

inline constexpr std::uint16_t kGoingAway = 1001;  // draining
inline constexpr std::uint16_t kAuthTimeout = 4408;

inline std::uint16_t close_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
    case ErrorCode::kInvalid:
    case ErrorCode::kUnsupported:
    case ErrorCode::kNoSuchForm:
    case ErrorCode::kUnprocessable: return 4400;
    case ErrorCode::kUnauthorized: return 4401;
    case ErrorCode::kForbidden: return 4403;
    case ErrorCode::kNotFound: return 4404;
    case ErrorCode::kConflict: return 4409;
    case ErrorCode::kGone: return 4410;
    case ErrorCode::kMoved: return 4421;
    case ErrorCode::kTooLarge: return 4413;
    case ErrorCode::kFenced:
    case ErrorCode::kUnavailable: return 4503;
    case ErrorCode::kCorrupt:
    case ErrorCode::kIo: return 4500;
  }
  return 1011;
}

}  // namespace syncline::session
