// State vectors, as the first step of the sync protocol contains them.
#include "check.h"
#include "crdt/update_writer.h"

using namespace syncline::crdt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto vector = decode_state_vector({data, size});
  if (!vector) return 0;
  const syncline::Bytes written = encode_state_vector(*vector);
  FUZZ_CHECK(written.size() <= size);
  FUZZ_CHECK(decode_state_vector(written) == *vector);
  FUZZ_CHECK(vector->covers(*vector));
  return 0;
}
