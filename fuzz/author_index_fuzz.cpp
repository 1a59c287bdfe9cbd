// Any bytes as a stored index of authors: decoding refuses them, or gives an index that encodes to something
// that decodes to the same.
#include "check.h"
#include "state/author_index.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto index = state::AuthorIndex::decode({data, size});
  if (!index) return 0;
  for (crdt::ClientId client = 0; client < 4; ++client)
    FUZZ_CHECK(index->find(client, 0, 100).end <= 100);
  const Bytes stored = index->encode();
  const auto again = state::AuthorIndex::decode(stored);
  FUZZ_CHECK(again.has_value() && again->encode() == stored);
  return 0;
}
