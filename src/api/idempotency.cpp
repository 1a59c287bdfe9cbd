#include "api/idempotency.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/sha256.h"

namespace syncline::api {
namespace {

constexpr std::size_t kMostBytes = 128;
constexpr int kDigestBits = 53;  // JavaScript reads the number from the log exactly

// Conditions are a part of it: a key with other conditions is another request.
std::uint64_t digest_of(const http::Request& request) {
  Sha256 hash;
  const auto add = [&](std::string_view part) {
    hash.update(as_bytes(std::to_string(part.size()) + ":"));
    hash.update(as_bytes(part));
  };
  for (const std::string_view part :
       {std::string_view(request.method), std::string_view(request.path),
        std::string_view(request.query), std::string_view(request.tenant)})
    add(part);
  for (const char* header : {"Content-Type", "If-Match", "If-None-Match"})
    add(request.headers.find(header).value_or(""));
  add(request.body);
  const auto digest = hash.finish();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
  return std::max<std::uint64_t>(number >> (64 - kDigestBits), 1);
}

}  // namespace

Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request) {
  const auto key = request.headers.find("Idempotency-Key");
  if (!key) return std::nullopt;
  const bool visible = std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > kMostBytes || !visible ||
      request.headers.count("Idempotency-Key") > 1)
    return fail(ErrorCode::kInvalid,
                "an Idempotency-Key is 1 to 128 visible characters of ASCII without blanks");
  return IdempotencyKey{"key:" + std::string(*key), digest_of(request)};
}

}  // namespace syncline::api
