// Awareness messages. The input is a sequence of messages; a byte with its length precedes each.
#include <algorithm>

#include "base/byte_reader.h"
#include "check.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/awareness.h"

using namespace syncline;
using namespace syncline::crdt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in({data, size});
  Awareness awareness({.max_clients = 8, .max_state_bytes = 64, .max_total_bytes = 256});
  for (std::uint64_t now = 0; !in.at_end(); now += 9000) {
    const std::size_t length = std::min<std::size_t>(in.u8(), in.remaining());
    const std::size_t before = awareness.clients().size();
    const ByteView message = in.bytes(length);
    const auto split = split_awareness(message);
    if (const auto decoded = decode_awareness(message)) {
      FUZZ_CHECK(split && split->size() == decoded->size());
    } else if (split) {
      FUZZ_CHECK(std::ranges::any_of(
          *split, [](const AwarenessEntry& each) { return !is_awareness_state(each.state); }));
    }
    if (split)
      for (const AwarenessEntry& each : *split)
        if (const auto value = from_json(each.state)) FUZZ_CHECK(value->is_null() == each.gone);
    const auto change = awareness.apply(message, now);
    FUZZ_CHECK(change || awareness.clients().size() == before);
    FUZZ_CHECK(awareness.clients().size() <= 8);
    if (change) {
      const Bytes news = awareness.encode(change->all());
      FUZZ_CHECK(decode_awareness(news));
      for (const ClientId client : change->added) FUZZ_CHECK(awareness.clients().contains(client));
    }
    for (const ClientId client : awareness.expire(now).removed)
      FUZZ_CHECK(awareness.state(client).empty());

    const Bytes everyone = awareness.encode_all();
    Awareness other;
    FUZZ_CHECK(other.apply(everyone, now));
    FUZZ_CHECK(other.present() == awareness.present());
    FUZZ_CHECK(other.encode_all() == everyone);
  }
  return 0;
}
