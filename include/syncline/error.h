// Errors are values. A function that can fail returns Result<T>; exceptions are not part of any
// interface.
//
// The code says what a caller can do about it, the message says what happened, in words for a
// person. Input from outside always becomes an Error, never an abort.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace syncline {

enum class ErrorCode : std::uint8_t {
  kMalformed,     // the bytes do not decode
  kInvalid,       // they decode, but mean nothing valid here
  kTooLarge,      // over a stated limit
  kNotFound,      // the named thing is not there
  kUnauthorized,  // who are you? (no or bad credentials)
  kForbidden,     // known, but may not
  kConflict,      // a condition no longer holds (expected version)
  kFenced,        // another owner has taken over; go there
  kUnavailable,   // not now: draining, overloaded, storage refused; retry later
  kCorrupt,       // stored data fails its check
  kIo,            // the operating system said no
  kUnsupported,   // valid, but this build does not do it
};

// The code's stable name, as it appears in messages and JSON: "malformed", "too_large", …
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
