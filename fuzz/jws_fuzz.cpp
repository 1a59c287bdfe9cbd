// Tokens of strangers: no crash; what is accepted has one text only; nothing is accepted whose signature is not
// that of the key.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "check.h"
#include "jose/claims.h"
#include "jose/jws.h"

namespace {

using namespace syncline;

// The Ed25519 key of RFC 8037, appendix A. Nobody who fuzzes knows how to sign with it.
const jose::KeySet& keys() {
  static const jose::KeySet set =
      jose::KeySet::from_json(
          R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
          jose::KeySet::Secrets::kIgnored)
          .value();
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto claims = jose::parse_claims({data, size}))
    (void)jose::check_claims(*claims, {.leeway_ms = 1000}, 1'800'000'000'000);
  if (const auto bytes = from_base64url(text)) FUZZ_CHECK(to_base64url(*bytes) == text);
  const auto jws = jose::parse_jws(text);
  if (!jws) return 0;
  FUZZ_CHECK(text == jws->signed_text + "." + to_base64url(jws->signature));
  FUZZ_CHECK(!jose::verify(*jws, keys(), jose::Algorithms::all()) ||
             jws->algorithm == jose::Algorithm::kEdDsa);
  (void)jose::parse_claims(jws->payload);
  return 0;
}
