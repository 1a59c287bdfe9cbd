// Key sets of strangers, as JSON and as PEM: no crash, no limit exceeded, and each key that is accepted is for at
// least one algorithm and refuses a signature of zeros.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

#include "check.h"
#include "jose/key_set.h"

namespace {

using namespace syncline;

void check_set(const jose::KeySet& set) {
  FUZZ_CHECK(!set.keys().empty() && set.keys().size() <= jose::kMaxKeys);
  const Bytes zeros(64);
  std::set<std::string_view> ids;
  for (const jose::Key& key : set.keys()) {
    FUZZ_CHECK(!key.algorithms().empty() && key.id().size() <= jose::kMaxKeyIdBytes);
    FUZZ_CHECK(key.id().empty() || ids.insert(key.id()).second);
    FUZZ_CHECK(key.symmetric() == set.keys().front().symmetric());
  }
  const jose::Key& first = set.keys().front();
  for (const auto algorithm : {jose::Algorithm::kEs256, jose::Algorithm::kEs384,
                               jose::Algorithm::kRs256, jose::Algorithm::kHs256})
    FUZZ_CHECK(!first.verify(algorithm, as_bytes("text"), zeros));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto secrets : {jose::KeySet::Secrets::kIgnored, jose::KeySet::Secrets::kAccepted})
    if (const auto set = jose::KeySet::from_file_text(text, secrets)) check_set(*set);
  return 0;
}
