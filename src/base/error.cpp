#include "syncline/error.h"

namespace syncline {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed: return "malformed";
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kUnauthorized: return "unauthorized";
    case ErrorCode::kForbidden: return "forbidden";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kFenced: return "fenced";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kNoSuchForm: return "no_such_form";
    case ErrorCode::kUnprocessable: return "unprocessable";
    case ErrorCode::kGone: return "gone";
    case ErrorCode::kMoved: return "moved";
  }
  return "unknown";
}

}  // namespace syncline
