// Records of tenants, and of what their workspaces use, as a directory may hold them: never a crash, and what is
// accepted is written again with the same meaning.
#include <cstddef>
#include <cstdint>

#include "check.h"
#include "limits/tenant_record.h"
#include "limits/usage.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const ByteView bytes{data, size};
  if (const auto record = limits::decode_tenant("acme", bytes)) {
    const auto again = limits::decode_tenant("acme", limits::encode_tenant(*record));
    FUZZ_CHECK(again && *again == *record);
  }
  if (const auto use = limits::decode_use(bytes)) {
    const auto again = limits::decode_use(limits::encode_use(*use));
    FUZZ_CHECK(again && *again == *use);
  }
  return 0;
}
