// Shared helpers of the C API (syncline/syncline.h): conversion of errors, strings, buffers and
// values between C and C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/types.h"
#include "syncline/error.h"
#include "syncline/syncline.h"

namespace syncline::capi {

// The status code of a failure. Also fills in `error`, unless it is NULL.
syncline_status report(const Error& failure, syncline_error* error);

// Runs the body of a C function. Converts its Result, or an exception, to a status.
template <typename Body>
syncline_status run(syncline_error* error, Body&& body) noexcept {
  try {
    const Result<void> result = body();
    if (result) return SYNCLINE_OK;
    return report(result.error(), error);
  } catch (const std::exception& e) {
    return report({ErrorCode::kUnavailable, e.what()}, error);
  }
}

// `size` may be SYNCLINE_NUL. kInvalid if the text is not UTF-8.
Result<std::string_view> text(const char* data, std::size_t size);
inline ByteView bytes(const std::uint8_t* data, std::size_t size) {
  return {data, data == nullptr ? 0 : size};
}
Result<crdt::UpdateVersion> version(syncline_update_version version);

// Allocates with malloc, as everything that the C API returns.
Result<void> give(ByteView bytes, syncline_buffer* out);
Result<void> give(std::string_view text, syncline_buffer* out);

crdt::Type type(syncline_type type);  // invalid for a zeroed one
syncline_type type(const crdt::Type& type);
// The type as one of the C++ classes; kInvalid for a zeroed type.
template <typename T>
Result<T> typed(syncline_type handle) {
  if (handle.engine == nullptr) return fail(ErrorCode::kInvalid, "no type");
  return crdt::as<T>(type(handle));
}

// Accepts plain values only; kInvalid for types and subdocuments.
Result<crdt::Any> any(const syncline_value* value);
Result<void> give(const crdt::Value& value, syncline_value* out);

// Conversions from and to JSON. A shared type appears as its own JSON.
Result<crdt::Attributes> attributes(const char* json, std::size_t size);
Result<crdt::Delta> delta(const char* json, std::size_t size);
crdt::Any to_any(const crdt::Delta& delta, crdt::TypeKind kind);
crdt::Any to_any(const crdt::Path& path);
crdt::Any to_any(const crdt::Value& value);
crdt::Any to_any(const crdt::Subdoc& subdoc);
crdt::Any to_any(const crdt::TypeEvent& event);

}  // namespace syncline::capi
