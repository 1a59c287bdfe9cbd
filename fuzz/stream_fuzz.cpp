// Changes and snapshots of streams: what is decoded says the same when it is encoded again, what a stream takes it can be
// restored from, and nothing is taken in part.
#include <algorithm>
#include <variant>

#include "check.h"
#include "streams/change.h"
#include "streams/stream.h"

namespace {

using namespace syncline;

void check_change(ByteView bytes) {
  const auto change = streams::decode_change(bytes);
  if (!change) return;
  const Bytes again = std::visit([](const auto& one) { return streams::encode(one); }, *change);
  const auto decoded = streams::decode_change(again);
  FUZZ_CHECK(decoded && decoded->index() == change->index());
  FUZZ_CHECK(std::ranges::equal(streams::content_of(*decoded), streams::content_of(*change)));
  FUZZ_CHECK(streams::closes(*decoded) == streams::closes(*change));
}

// Bytes as changes, each with its length before it.
void check_stream(ByteView bytes) {
  streams::Stream stream;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes[0], bytes.size() - 1);
    const ByteView intent = bytes.subspan(1, size);
    bytes = bytes.subspan(1 + size);
    const Bytes before = stream.snapshot();
    const auto prepared = stream.prepare(intent);
    const auto applied = stream.apply(intent);
    FUZZ_CHECK(prepared.has_value() == applied.has_value());
    if (!prepared || !prepared->changes) FUZZ_CHECK(stream.snapshot() == before);
  }
  const Bytes snapshot = stream.snapshot();
  streams::Stream restored;
  FUZZ_CHECK(restored.restore(snapshot));
  FUZZ_CHECK(restored.snapshot() == snapshot);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_change({data, size});
  check_stream({data, size});
  streams::Stream stream;
  if (stream.restore({data, size})) {
    streams::Stream again;
    FUZZ_CHECK(again.restore(stream.snapshot()));
    FUZZ_CHECK(again.snapshot() == stream.snapshot());
  }
  return 0;
}
