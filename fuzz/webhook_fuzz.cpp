// Any bytes as the records of a webhook: decoding refuses them, or gives what encodes to something that decodes to the same.
#include "check.h"
#include "hooks/endpoint.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const std::string key = hooks::endpoint_key("w", "id");
  if (const auto endpoint = hooks::decode_endpoint(key, bytes)) {
    const auto again = hooks::decode_endpoint(key, hooks::encode_endpoint(*endpoint));
    FUZZ_CHECK(again.has_value() && *again == *endpoint);
  }
  if (const auto progress = hooks::decode_progress(bytes)) {
    const auto again = hooks::decode_progress(hooks::encode_progress(*progress));
    FUZZ_CHECK(again.has_value() && *again == *progress);
  }
  if (const auto dead = hooks::decode_dead(bytes)) {
    const auto again = hooks::decode_dead(hooks::encode_dead(*dead));
    FUZZ_CHECK(again.has_value() && *again == *dead);
  }
  return 0;
}
