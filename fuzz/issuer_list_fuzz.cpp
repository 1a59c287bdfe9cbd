// Any text as a file of issuers. What is accepted keeps its promises.
#include <string>
#include <string_view>

#include "check.h"
#include "identity/issuer_list.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto issuers = identity::parse_issuers(text, identity::Rights::reading());
  if (!issuers) return 0;
  FUZZ_CHECK(issuers->size() <= identity::kMostIssuers);
  for (const identity::IssuerSpec& spec : *issuers) {
    FUZZ_CHECK(!spec.issuer.empty() && spec.keys.named() == 1 && spec.events.keys.named() <= 1);
    FUZZ_CHECK(!spec.claims.tenant.empty() || spec.claims.tenants.size() <= 1);
  }
  if (!identity::separate_issuers(*issuers)) return 0;
  for (const identity::IssuerSpec& one : *issuers)
    for (const identity::IssuerSpec& other : *issuers)
      if (&one != &other) FUZZ_CHECK(one.issuer != other.issuer);
  return 0;
}
