// Any bytes as the headers that a write is judged by: Content-Type, If-Match, If-None-Match and Idempotency-Key.
#include <string>
#include <string_view>

#include "api/conditions.h"
#include "api/idempotency.h"
#include "api/media_type.h"
#include "check.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const api::MediaType type(text);
  FUZZ_CHECK(type.name().find(';') == std::string::npos);
  if (const auto charset = type.parameter("charset")) FUZZ_CHECK(charset->size() <= size);
  http::Request request;
  for (const char* header : {"If-Match", "If-None-Match", "Idempotency-Key"})
    request.headers.add(header, text);
  if (const auto conditions = api::Conditions::read(request)) {
    // What must match and must not match the same tags allows no change of what exists.
    FUZZ_CHECK(!conditions->allow_change(17));
    FUZZ_CHECK(!conditions->is_known(0));
  }
  if (const auto key = api::idempotency_key(request); key && *key)
    FUZZ_CHECK((*key)->digest > 0 && (*key)->digest < std::uint64_t{1} << 53);
  return 0;
}
