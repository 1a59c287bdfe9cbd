// Any bytes as the claims of a Security Event Token: reading refuses them with a reason, or gives events within
// their bounds, each about nobody or about one subject.
#include "check.h"
#include "jose/security_event.h"

using namespace syncline;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto claims = jose::parse_claims(ByteView(data, size));
  if (!claims) return 0;
  const auto token = jose::read_security_events(*claims);
  if (!token) {
    FUZZ_CHECK(!token.error().reason.empty());
    return 0;
  }
  FUZZ_CHECK(!token->id.empty() && !token->events.empty());
  FUZZ_CHECK(token->events.size() <= jose::kMaxSecurityEvents);
  for (const jose::SecurityEvent& event : token->events) {
    FUZZ_CHECK(event.at_ms <= claims->issued_ms.value());
    if (event.subject) FUZZ_CHECK(event.subject->id.empty() != event.subject->email.empty());
  }
  return 0;
}
