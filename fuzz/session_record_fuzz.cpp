// Any bytes as a session record: decoding refuses them, or gives what encodes to something that decodes to the same, and a
// caller who is recorded as the same again.
#include "check.h"
#include "identity/recorded_session.h"
#include "log/session_record.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = log::decode_session(ByteView(data, size));
  if (!record) return 0;
  const auto again = log::decode_session(log::encode_session(*record));
  FUZZ_CHECK(again.has_value() && *again == *record);
  // What this build does not know is left out, once.
  const auto known = identity::record_of(identity::caller_of(*record, "ann", ""));
  FUZZ_CHECK(identity::record_of(identity::caller_of(known, "ann", "")) == known);
  return 0;
}
