// Key: one key that verifies tokens. The algorithms that it may be used with belong to the key and are never
// taken from a token: its type and curve, and what its publisher says about it (alg, use, key_ops).
//
//   EC, P-256 or P-384        ES256 or ES384
//   OKP, Ed25519              EdDSA
//   RSA, 2048 to 8192 bits    RS256 and PS256, or the one that `alg` names
//   oct, 32 to 1024 bytes     HS256
//
// An RSA key has an exponent of 65537 or more. A key of the faulty generator of CVE-2017-15361 (ROCA) is refused,
// because its private key can be computed.
//
// Thread-safety: immutable; copies share the key, and any number of threads may verify with it at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jose/algorithm.h"
#include "syncline/bytes.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::jose {

inline constexpr std::size_t kMaxKeyIdBytes = 256;

class Key {
 public:
  // Of a JSON Web Key (RFC 7517). Private members are ignored.
  //   kUnsupported  the key is of another type, or for something else
  //   kInvalid      it is of ours, but too weak, not on its curve, or not well formed
  static Result<Key> from_jwk(const crdt::Any& jwk);

  // All public keys (SubjectPublicKeyInfo) and certificates in PEM. They have no id. Certificates are carriers of
  // their key: their dates, names and signatures are not looked at. Errors as from_jwk(), and kMalformed if there is
  // none.
  static Result<std::vector<Key>> from_pem(std::string_view pem);

  const std::string& id() const { return id_; }  // kid; "": none
  Algorithms algorithms() const { return algorithms_; }
  bool symmetric() const { return algorithms_.has(Algorithm::kHs256); }

  // True if `signature` (as JWS has it: R and S of ECDSA side by side) is that of this key over the message.
  // False, without looking, if the key is not for this algorithm.
  bool verify(Algorithm algorithm, ByteView message, ByteView signature) const;

 private:
  struct Material;  // what OpenSSL holds

  Key(std::string id, Algorithms algorithms, std::shared_ptr<const Material> material)
      : id_(std::move(id)), algorithms_(algorithms), material_(std::move(material)) {}
  static Result<Key> from_material(std::string id, Material material);

  std::string id_;
  Algorithms algorithms_;
  std::shared_ptr<const Material> material_;
};

}  // namespace syncline::jose
