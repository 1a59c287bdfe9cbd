// KeySet: the keys with which an issuer signs its tokens (a JSON Web Key Set, RFC 7517, or PEM).
//
// Thread-safety: immutable after construction.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "jose/algorithm.h"
#include "jose/key.h"
#include "syncline/error.h"

namespace syncline::jose {

inline constexpr std::size_t kMaxKeySetBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxKeys = 256;

class KeySet {
 public:
  // Whether secrets (oct, for HS256) count as keys.
  enum class Secrets { kIgnored, kAccepted };

  KeySet() = default;

  // A JWK, or a set of them. Keys that are of another type, for something else, or not sound are left out, as RFC
  // 7517 wants. The whole set is refused if no key remains (kInvalid, with the reason of the first that was left
  // out), if two have the same kid, and if secrets and public keys are mixed: then nobody can say
  // which key was meant. kMalformed: no JSON of this form. kTooLarge: over a limit.
  static Result<KeySet> from_json(std::string_view json, Secrets secrets);

  // The same from a file of an operator: JSON, or else PEM.
  static Result<KeySet> from_file_text(std::string_view text, Secrets secrets);

  // The one key that can have signed a token with this kid ("": it names none) and algorithm.
  //   kNotFound  there is no such kid; a newer set may have it
  //   kInvalid   there is, but not for this algorithm; or the token names no key, and several would do
  Result<const Key*> find(std::string_view kid, Algorithm algorithm) const;

  const std::vector<Key>& keys() const { return keys_; }

 private:
  static Result<KeySet> of(std::vector<Key> keys);

  std::vector<Key> keys_;
};

}  // namespace syncline::jose
