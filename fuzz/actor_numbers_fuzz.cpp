// Fuzzes the decoder of the numbers of a named actor. It either refuses the bytes, or gives numbers
// that can be encoded again and that find() finds.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/big_endian.h"
#include "base/crc32c.h"
#include "store/actors.h"

namespace {

void check(const std::string& key, std::string_view value) {
  const auto numbers = syncline::store::decode_actor(key, value);
  if (!numbers) return;
  const std::string again = syncline::store::encode_actor(key, *numbers);
  SYNCLINE_ASSERT(again.size() <= value.size());
  SYNCLINE_ASSERT(syncline::store::decode_actor(key, again) == numbers);
  for (const auto& range : numbers->ranges())
    SYNCLINE_ASSERT(numbers->find(range.first, range.last).standing ==
                    syncline::log::ActorNumbers::Standing::kRecorded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string key = syncline::store::actor_key(1, {"", "anna", "tablet"});
  check(key, bytes);
  // Adds the right version and checksum, because almost no random bytes pass these checks.
  std::string value = "\1";
  const std::uint32_t start =
      syncline::crc32c(syncline::as_bytes(value), syncline::crc32c(syncline::as_bytes(key)));
  syncline::put_big_endian(value, syncline::crc32c({data, size}, start), 4);
  check(key, value.append(bytes));
  return 0;
}
