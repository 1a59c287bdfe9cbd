// Algorithm: the signatures of tokens that are accepted (RFC 7518, RFC 8037). All others are refused, "none"
// among them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace syncline::jose {

enum class Algorithm : std::uint8_t {
  kEdDsa,  // Ed25519; "EdDSA" or, as RFC 9864 calls it, "Ed25519"
  kEs256,  // ECDSA over P-256 with SHA-256
  kEs384,  // ECDSA over P-384 with SHA-384
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  kPs256,  // RSASSA-PSS with SHA-256
  kHs256,  // HMAC with SHA-256: whoever can check a token can also make one
};

std::optional<Algorithm> algorithm_named(std::string_view name);
std::string_view name_of(Algorithm algorithm);

// A set of algorithms. A plain value.
class Algorithms {
 public:
  constexpr Algorithms() = default;
  constexpr Algorithms(std::initializer_list<Algorithm> members) {
    for (const Algorithm member : members) add(member);
  }
  static constexpr Algorithms all() { return asymmetric().with(Algorithm::kHs256); }
  // Those with which the server cannot make a token itself.
  static constexpr Algorithms asymmetric() {
    return {Algorithm::kEdDsa, Algorithm::kEs256, Algorithm::kEs384, Algorithm::kRs256,
            Algorithm::kPs256};
  }

  constexpr void add(Algorithm member) {
    bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(member));
  }
  constexpr Algorithms with(Algorithm member) const {
    Algorithms more = *this;
    more.add(member);
    return more;
  }
  constexpr bool has(Algorithm member) const {
    return (bits_ >> static_cast<unsigned>(member) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Algorithms&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace syncline::jose
