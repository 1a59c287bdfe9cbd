// Awareness messages. The input is a sequence of messages; a byte with its length precedes each.
#include "base/byte_reader.h"
#include "check.h"
#include "syncline/crdt/awareness.h"

using namespace syncline;
using namespace syncline::crdt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in({data, size});
  Awareness awareness({.max_clients = 8, .max_state_bytes = 64, .max_total_bytes = 256});
  for (std::uint64_t now = 0; !in.at_end(); now += 9000) {
    const std::size_t length = std::min<std::size_t>(in.u8(), in.remaining());
    const std::size_t before = awareness.clients().size();
    const auto change = awareness.apply(in.bytes(length), now);
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
