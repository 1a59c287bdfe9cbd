// Errors are values. A function that can fail returns Result<T>; no interface throws exceptions.
//
// The code tells a caller how it can react. The message tells a person what happened. Bad input
// from outside always becomes an Error and never aborts the process.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace syncline {

enum class ErrorCode : std::uint8_t {
  kMalformed,      // the bytes do not decode
  kInvalid,        // they decode, but make no sense here
  kTooLarge,       // over a stated limit
  kNotFound,       // the named thing does not exist
  kUnauthorized,   // no credentials, or wrong ones
  kForbidden,      // the caller is known, but has no right to do this
  kConflict,       // a condition no longer holds (expected version)
  kFenced,         // another owner has taken over; use that one
  kUnavailable,    // not now: draining, overloaded, storage refused; retry later
  kCorrupt,        // stored data fails its check
  kIo,             // the operating system reported an error
  kUnsupported,    // valid, but not implemented in this build
  kNoSuchForm,     // this cannot be shown in the form that was asked for
  kUnprocessable,  // a well-formed document that cannot be written here
  kGone,           // it was deleted; what it was does not come back
  kMoved,          // it has another name now, which the message says
};

// The stable name of the code in messages and JSON: "malformed", "too_large", …
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

// `return fail(ErrorCode::kMalformed, "varint longer than 10 bytes");`
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace syncline
