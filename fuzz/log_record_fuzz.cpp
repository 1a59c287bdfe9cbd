// Arbitrary bytes as an event record: decoding refuses them, or returns an event with exactly this
// encoding.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/crc32c.h"
#include "log/event.h"

namespace {

void check(syncline::ByteView record) {
  const auto event = syncline::log::decode_event(record);
  if (!event) return;
  const auto encoded = syncline::log::encode_event(*event);
  SYNCLINE_ASSERT(encoded.has_value());
  SYNCLINE_ASSERT(std::ranges::equal(encoded->record, record));
  SYNCLINE_ASSERT(encoded->hash == event->hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const syncline::ByteView bytes(data, size);
  check(bytes);
  // Sets the right checksum; otherwise decoding would refuse nearly everything at it.
  syncline::Bytes sealed = syncline::to_bytes(bytes);
  const std::uint32_t crc = syncline::crc32c(sealed);
  for (int shift = 24; shift >= 0; shift -= 8)
    sealed.push_back(static_cast<std::uint8_t>(crc >> shift));
  check(sealed);
  return 0;
}
