// Delete sets in both versions, and operations on sets of ids. The first byte selects the version.
#include "check.h"
#include "crdt/update_writer.h"

using namespace syncline::crdt;

namespace {

void check_invariant(const IdSet& set) {
  for (const auto& [client, ranges] : set.clients()) {
    FUZZ_CHECK(!ranges.empty());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      FUZZ_CHECK(ranges[i].len != 0 && ranges[i].end() > ranges[i].clock);
      FUZZ_CHECK(i == 0 || ranges[i - 1].end() < ranges[i].clock);
    }
  }
}

// Builds the same set from single ranges, backwards.
IdSet rebuilt(const IdSet& set) {
  IdSet copy;
  for (const auto& [client, ranges] : set.clients())
    for (auto it = ranges.rbegin(); it != ranges.rend(); ++it) {
      copy.add(client, it->clock, (it->len + 1) / 2);
      copy.add(client, it->clock, it->len);
    }
  return copy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto version = (data[0] & 1) != 0 ? UpdateVersion::kV1 : UpdateVersion::kV2;
  const auto set = decode_delete_set({data + 1, size - 1}, version);
  if (!set) return 0;
  check_invariant(*set);
  FUZZ_CHECK(decode_delete_set(encode_delete_set(*set, version), version) == *set);
  FUZZ_CHECK(rebuilt(*set) == *set);

  IdSet every_other;
  for (const auto& [client, ranges] : set->clients())
    for (std::size_t i = 0; i < ranges.size(); ++i)
      every_other.add(client, ranges[i].clock + (ranges[i].len > 1 && i % 2 == 0 ? 1 : 0), 1);
  IdSet rest = *set;
  rest.remove(every_other);
  check_invariant(rest);
  for (const auto& [client, ranges] : every_other.clients())
    for (const ClockRange& range : ranges) FUZZ_CHECK(!rest.contains({client, range.clock}));
  rest.add(every_other);
  FUZZ_CHECK(rest == *set);
  return 0;
}
