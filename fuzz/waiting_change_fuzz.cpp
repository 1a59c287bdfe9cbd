// Arbitrary bytes as the value of a waiting change: decoding refuses them, or returns a change with
// exactly this encoding.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/big_endian.h"
#include "base/crc32c.h"
#include "store/waiting.h"

namespace {

void check(const std::string& key, std::string_view value) {
  const auto change = syncline::store::decode_waiting(key, value);
  if (!change) return;
  const std::string again = syncline::store::encode_waiting(key, *change);
  SYNCLINE_ASSERT(again.size() <= value.size());
  SYNCLINE_ASSERT(syncline::store::decode_waiting(key, again) == change);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string key = syncline::store::waiting_key("w", "o", 7);
  check(key, bytes);
  static_cast<void>(syncline::store::parse_waiting_key(bytes));
  // Sets the right version and checksum; otherwise decoding would refuse nearly everything at them.
  std::string value = "\1";
  const std::uint32_t start =
      syncline::crc32c(syncline::as_bytes(value), syncline::crc32c(syncline::as_bytes(key)));
  syncline::put_big_endian(value, syncline::crc32c({data, size}, start), 4);
  check(key, value.append(bytes));
  return 0;
}
