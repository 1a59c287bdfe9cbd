// Any bytes as the record of a revocation: decoding refuses them, or gives what encodes to the same bytes again and
// may be revoked.
#include "check.h"
#include "identity/revocations.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto revocation = identity::decode_revocation(ByteView(data, size));
  if (!revocation) return 0;
  FUZZ_CHECK(identity::check_revocation(*revocation).has_value());
  const auto again = identity::decode_revocation(identity::encode_revocation(*revocation));
  FUZZ_CHECK(again.has_value() && *again == *revocation);
  identity::Revocations all;
  all.add(*revocation);
  FUZZ_CHECK(all.merged(*revocation) == *revocation);
  return 0;
}
