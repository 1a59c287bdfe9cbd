// Any bytes as a change of rules and as a snapshot of rules: decoding refuses them, or gives what encodes
// to something that decodes to the same. A change that is accepted has an effect and can be applied.
#include "check.h"
#include "log/rules.h"
#include "merge/facets.h"
#include "state/rules_object.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto change = log::decode_rule_change(bytes);
  if (change) {
    FUZZ_CHECK(log::check_rule_change(*change).has_value());
    const auto again = log::decode_rule_change(log::encode_rule_change(*change));
    FUZZ_CHECK(again.has_value() && *again == *change);
    if (const auto retention = log::retention_change_of(*change))
      FUZZ_CHECK(log::rule_change_of(*retention) == *change);
  }
  const auto object = state::rules_type().create();
  const auto prepared = object->prepare(bytes);
  FUZZ_CHECK(change.has_value() || !prepared.has_value());
  if (prepared) FUZZ_CHECK(object->apply(bytes).has_value());

  const auto restored = state::rules_type().restore(bytes);
  if (!restored) return 0;
  const Bytes snapshot = (*restored)->snapshot();
  const auto twice = state::rules_type().restore(snapshot);
  FUZZ_CHECK(twice.has_value() && (*twice)->snapshot() == snapshot);
  static_cast<void>((*restored)->to_json());
  return 0;
}
