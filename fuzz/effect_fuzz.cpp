// Stored effects in both versions: what decodes can be encoded, and the result decodes to the same.
#include "check.h"
#include "merge/effect_codec.h"

using namespace syncline::merge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stored = decode_effect({data, size});
  if (!stored) return 0;
  FUZZ_CHECK(stored->effect.touches.size() <= kMaxTouches);
  for (const Touch& touch : stored->effect.touches) (void)to_string(touch.container);
  const auto again = decode_effect(encode_effect(stored->effect));
  FUZZ_CHECK(again.has_value());
  // If the effect is longer than allowed, the first touches are kept.
  FUZZ_CHECK(again->truncated || again->effect == stored->effect);
  return 0;
}
