#include "capi/convert.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/utf8.h"

namespace syncline::capi {

using crdt::Any;

namespace {

syncline_status status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed: return SYNCLINE_MALFORMED;
    case ErrorCode::kInvalid: return SYNCLINE_INVALID;
    case ErrorCode::kTooLarge: return SYNCLINE_TOO_LARGE;
    case ErrorCode::kNotFound: return SYNCLINE_NOT_FOUND;
    case ErrorCode::kUnsupported: return SYNCLINE_UNSUPPORTED;
    case ErrorCode::kConflict: return SYNCLINE_CONFLICT;
    default: return SYNCLINE_FAILED;
  }
}

// A copy with a NUL after its end; nullptr if out of memory.
void* copy(const void* data, std::size_t size) {
  auto* to = static_cast<char*>(std::malloc(size + 1));
  if (to == nullptr) return nullptr;
  if (size > 0) std::memcpy(to, data, size);
  to[size] = '\0';
  return to;
}

std::unexpected<Error> no_memory() {
  return fail(ErrorCode::kUnavailable, "out of memory");
}

}  // namespace

syncline_status report(const Error& failure, syncline_error* error) {
  const syncline_status status = status_of(failure.code);
  if (error == nullptr) return status;
  error->status = status;
  const std::size_t size = std::min(failure.message.size(), sizeof(error->message) - 1);
  std::memcpy(error->message, failure.message.data(), size);
  error->message[size] = '\0';
  return status;
}

Result<std::string_view> text(const char* data, std::size_t size) {
  if (data == nullptr) return std::string_view();
  const std::string_view view(data, size == SYNCLINE_NUL ? std::strlen(data) : size);
  if (!is_valid_utf8(view)) return fail(ErrorCode::kInvalid, "text that is not valid UTF-8");
  return view;
}

Result<crdt::UpdateVersion> version(syncline_update_version version) {
  if (version == SYNCLINE_V1) return crdt::UpdateVersion::kV1;
  if (version == SYNCLINE_V2) return crdt::UpdateVersion::kV2;
  return fail(ErrorCode::kInvalid, "no such version of updates");
}

Result<void> give(ByteView bytes, syncline_buffer* out) {
  if (out == nullptr) return fail(ErrorCode::kInvalid, "no buffer for the result");
  out->data = static_cast<std::uint8_t*>(copy(bytes.data(), bytes.size()));
  if (out->data == nullptr) return no_memory();
  out->size = bytes.size();
  return {};
}

Result<void> give(std::string_view text, syncline_buffer* out) {
  return give(as_bytes(text), out);
}

// ---- types and values

crdt::Type type(syncline_type type) {
  return {static_cast<crdt::Engine*>(type.engine), type.index};
}

syncline_type type(const crdt::Type& type) {
  return {type.engine(), type.index()};
}

Result<Any> any(const syncline_value* value) {
  if (value == nullptr) return fail(ErrorCode::kInvalid, "no value");
  const auto& bytes = value->as.bytes;
  const ByteView view(reinterpret_cast<const std::uint8_t*>(bytes.data),
                      bytes.data == nullptr ? 0 : bytes.size);
  switch (value->kind) {
    case SYNCLINE_VALUE_UNDEFINED: return Any();
    case SYNCLINE_VALUE_NULL: return Any(Any::Null{});
    case SYNCLINE_VALUE_BOOL: return Any(value->as.boolean);
    case SYNCLINE_VALUE_NUMBER: return Any(value->as.number);
    case SYNCLINE_VALUE_BIGINT: return Any::bigint(value->as.bigint);
    case SYNCLINE_VALUE_BYTES: return Any(to_bytes(view));
    case SYNCLINE_VALUE_STRING: {
      const Result<std::string_view> string = text(bytes.data, view.size());
      if (!string) return std::unexpected(string.error());
      return Any(std::string(*string));
    }
    case SYNCLINE_VALUE_JSON: return crdt::from_json(as_text(view));
    case SYNCLINE_VALUE_TYPE:
    case SYNCLINE_VALUE_SUBDOC:
    case SYNCLINE_VALUE_WIDTH: break;
  }
  return fail(ErrorCode::kInvalid, "a value of this kind cannot be stored here");
}

namespace {

Result<void> give_bytes(syncline_value_kind kind, std::string_view bytes, syncline_value* out) {
  const void* data = copy(bytes.data(), bytes.size());
  if (data == nullptr) return no_memory();
  out->kind = kind;
  out->as.bytes = {static_cast<const char*>(data), bytes.size()};
  return {};
}

Result<void> give_any(const Any& value, syncline_value* out) {
  const Any::Variant& v = value.value();
  if (value.is_null()) {
    out->kind = SYNCLINE_VALUE_NULL;
  } else if (const bool* boolean = std::get_if<bool>(&v)) {
    out->kind = SYNCLINE_VALUE_BOOL;
    out->as.boolean = *boolean;
  } else if (const double* number = std::get_if<double>(&v)) {
    out->kind = SYNCLINE_VALUE_NUMBER;
    out->as.number = *number;
  } else if (const std::int64_t* bigint = std::get_if<std::int64_t>(&v)) {
    out->kind = SYNCLINE_VALUE_BIGINT;
    out->as.bigint = *bigint;
  } else if (const std::string* string = std::get_if<std::string>(&v)) {
    return give_bytes(SYNCLINE_VALUE_STRING, *string, out);
  } else if (const Bytes* bytes = std::get_if<Bytes>(&v)) {
    return give_bytes(SYNCLINE_VALUE_BYTES, as_text(*bytes), out);
  } else if (!value.is_undefined()) {
    return give_bytes(SYNCLINE_VALUE_JSON, crdt::to_json(value), out);
  }
  return {};
}

}  // namespace

Result<void> give(const crdt::Value& value, syncline_value* out) {
  if (out == nullptr) return fail(ErrorCode::kInvalid, "no place for the result");
  *out = {};
  if (const crdt::Type* nested = std::get_if<crdt::Type>(&value)) {
    out->kind = SYNCLINE_VALUE_TYPE;
    out->as.type = type(*nested);
    return {};
  }
  if (const crdt::Subdoc* subdoc = std::get_if<crdt::Subdoc>(&value))
    return give_bytes(SYNCLINE_VALUE_SUBDOC, subdoc->guid, out);
  return give_any(std::get<Any>(value), out);
}

}  // namespace syncline::capi
