// The client side of both protocols: whatever a server sends, in whatever pieces, nothing but what it sent is kept.
#include <algorithm>

#include "base/assert.h"
#include "migrate/pull.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  if (size < 2) return 0;
  const auto pull =
      data[0] % 2 == 0 ? migrate::pull_y_websocket() : migrate::pull_hocuspocus("a", "token");
  ByteView rest(data + 1, size - 1);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    if (!pull->take(rest.subspan(1, length))) break;
    SYNCLINE_ASSERT(pull->take_replies().size() <= 1);
    rest = rest.subspan(1 + length);
  }
  std::size_t bytes = 0;
  for (const migrate::StoredUpdate& update : pull->updates()) bytes += update.bytes.size();
  SYNCLINE_ASSERT(bytes <= size && pull->answers() <= pull->updates().size());
  return 0;
}
