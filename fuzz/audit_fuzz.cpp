// Any bytes as an event and as a snapshot of an audit log: decoding refuses them, or gives what encodes to something
// that decodes to the same. What is accepted can be applied.
#include "check.h"
#include "log/audit.h"
#include "state/audit_object.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto entries = log::decode_audit(bytes);
  if (entries) {
    const auto again = log::decode_audit(log::encode_audit(*entries));
    FUZZ_CHECK(again.has_value() && *again == *entries);
  }
  const auto object = state::audit_type().create();
  FUZZ_CHECK(object->prepare(bytes).has_value() == entries.has_value());
  FUZZ_CHECK(object->apply(bytes).has_value() == entries.has_value());

  const auto restored = state::audit_type().restore(bytes);
  if (!restored) return 0;
  const Bytes snapshot = (*restored)->snapshot();
  const auto twice = state::audit_type().restore(snapshot);
  FUZZ_CHECK(twice.has_value() && (*twice)->snapshot() == snapshot);
  static_cast<void>((*restored)->to_json());
  return 0;
}
