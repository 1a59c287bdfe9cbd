#include "jose/algorithm.h"

namespace syncline::jose {
namespace {

struct Name {
  std::string_view text;
  Algorithm algorithm;
};

// The first name of each is the one that is shown.
constexpr Name kNames[] = {
    {"EdDSA", Algorithm::kEdDsa}, {"Ed25519", Algorithm::kEdDsa}, {"ES256", Algorithm::kEs256},
    {"ES384", Algorithm::kEs384}, {"RS256", Algorithm::kRs256},   {"PS256", Algorithm::kPs256},
    {"HS256", Algorithm::kHs256},
};

}  // namespace

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Name& known : kNames)
    if (known.text == name) return known.algorithm;
  return std::nullopt;
}

std::string_view name_of(Algorithm algorithm) {
  for (const Name& known : kNames)
    if (known.algorithm == algorithm) return known.text;
  return "";
}

}  // namespace syncline::jose
