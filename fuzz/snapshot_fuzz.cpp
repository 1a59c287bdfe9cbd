// Snapshots in both versions.
#include "check.h"
#include "syncline/crdt/snapshot.h"

using namespace syncline::crdt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const UpdateVersion version : {UpdateVersion::kV1, UpdateVersion::kV2}) {
    const auto snapshot = decode_snapshot({data, size}, version);
    if (!snapshot) continue;
    const auto again = decode_snapshot(encode_snapshot(*snapshot, version), version);
    FUZZ_CHECK(again == *snapshot);
  }
  return 0;
}
