// Updates of version 2 from a hostile peer.
#include "update_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  syncline::crdt::check_update({data, size}, syncline::crdt::UpdateVersion::kV2);
  return 0;
}
