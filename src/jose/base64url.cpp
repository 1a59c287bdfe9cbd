#include "jose/base64url.h"

#include <algorithm>

#include "base/base64.h"

namespace syncline::jose {

std::string to_base64url(ByteView bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

Result<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != text.npos || text.size() % 4 == 1)
    return fail(ErrorCode::kMalformed, "this is not base64url");
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  auto bytes = from_base64(standard);
  if (!bytes) return fail(ErrorCode::kMalformed, "this is not base64url");
  return bytes;
}

}  // namespace syncline::jose
