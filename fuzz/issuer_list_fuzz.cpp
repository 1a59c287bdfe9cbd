// Any text as a file of issuers. What is accepted keeps its promises.
#include <string>
#include <string_view>

#include "check.h"
#include "policy/issuer_list.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto issuers = policy::parse_issuers(text, policy::Rights::reading());
  if (!issuers) return 0;
  FUZZ_CHECK(issuers->size() <= policy::kMostIssuers);
  for (const policy::IssuerSpec& spec : *issuers) {
    FUZZ_CHECK(!spec.issuer.empty() && spec.keys.named() == 1 && spec.events.keys.named() <= 1);
    FUZZ_CHECK(!spec.claims.tenant.empty() || spec.claims.tenants.size() <= 1);
  }
  if (!policy::separate_issuers(*issuers)) return 0;
  for (const policy::IssuerSpec& one : *issuers)
    for (const policy::IssuerSpec& other : *issuers)
      if (&one != &other) FUZZ_CHECK(one.issuer != other.issuer);
  return 0;
}
