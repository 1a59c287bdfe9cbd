#include "jose/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "jose/openssl.h"
#include "jose/roca.h"

namespace syncline::jose {

// One of the two.
struct Key::Material {
  openssl::Pkey public_key = nullptr;
  Bytes secret = {};
};

namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // what verifying may cost
constexpr std::size_t kLeastSecretBytes = 32;
constexpr std::size_t kMostSecretBytes = 1024;
constexpr std::uint64_t kLeastExponent = 65537;

const std::string* text_of(const crdt::Any& object, std::string_view key) {
  const crdt::Any* const member = object.find(key);
  return member == nullptr ? nullptr : std::get_if<std::string>(&member->value());
}

std::string_view text_or(const crdt::Any& object, std::string_view key) {
  const std::string* const text = text_of(object, key);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::unexpected<Error> bad_member(std::string_view key) {
  return fail(ErrorCode::kInvalid, "'" + std::string(key) + "' is missing or not base64url");
}

Result<Bytes> bytes_of(const crdt::Any& jwk, std::string_view key) {
  const std::string* const text = text_of(jwk, key);
  if (text == nullptr || text->empty()) return bad_member(key);
  auto bytes = from_base64url(*text);
  if (!bytes) return bad_member(key);
  return bytes;
}

// A key of this type, made of public parameters; nullptr if OpenSSL refuses them.
openssl::Pkey make_public(const char* type, OSSL_PARAM_BLD* build) {
  const openssl::Params params(OSSL_PARAM_BLD_to_param(build));
  const openssl::PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return openssl::Pkey(key);
}

Result<openssl::Pkey> ec_key(const crdt::Any& jwk) {
  const std::string_view curve = text_or(jwk, "crv");
  if (curve != "P-256" && curve != "P-384")
    return fail(ErrorCode::kUnsupported, "the curve is neither P-256 nor P-384");
  const std::size_t size = curve == "P-256" ? 32 : 48;
  const auto x = bytes_of(jwk, "x");
  if (!x) return std::unexpected(x.error());
  const auto y = bytes_of(jwk, "y");
  if (!y) return std::unexpected(y.error());
  if (x->size() != size || y->size() != size)
    return fail(ErrorCode::kInvalid, "a coordinate has the wrong length");
  Bytes point{POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  const openssl::ParamsBuild build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  size == 32 ? "prime256v1" : "secp384r1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  openssl::Pkey key = make_public("EC", build.get());
  if (key == nullptr) return fail(ErrorCode::kInvalid, "the point is not on its curve");
  return key;
}

Result<openssl::Pkey> okp_key(const crdt::Any& jwk) {
  if (text_or(jwk, "crv") != "Ed25519")
    return fail(ErrorCode::kUnsupported, "the curve is not Ed25519");
  const auto x = bytes_of(jwk, "x");
  if (!x) return std::unexpected(x.error());
  openssl::Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x->data(), x->size()));
  if (key == nullptr) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalid, "an Ed25519 key has 32 bytes");
  }
  return key;
}

Result<openssl::Pkey> rsa_key(const crdt::Any& jwk) {
  const auto n = bytes_of(jwk, "n");
  if (!n) return std::unexpected(n.error());
  const auto e = bytes_of(jwk, "e");
  if (!e) return std::unexpected(e.error());
  if (n->size() > kMostRsaBits / 8 + 1 || e->size() > 8)
    return fail(ErrorCode::kInvalid, "the RSA key is too long");
  const auto number = [](const Bytes& bytes) {
    return openssl::Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  };
  const openssl::Number modulus = number(*n);
  const openssl::Number exponent = number(*e);
  const openssl::ParamsBuild build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  openssl::Pkey key = make_public("RSA", build.get());
  if (key == nullptr) return fail(ErrorCode::kInvalid, "this is no RSA key");
  return key;
}

openssl::Number rsa_number(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return openssl::Number(number);
}

// The strength of a key of any origin.
Result<Algorithms> rsa_algorithms(const EVP_PKEY* key) {
  const openssl::Number modulus = rsa_number(key, OSSL_PKEY_PARAM_RSA_N);
  const openssl::Number exponent = rsa_number(key, OSSL_PKEY_PARAM_RSA_E);
  if (modulus == nullptr || exponent == nullptr)
    return fail(ErrorCode::kInvalid, "this is no RSA key");
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits)
    return fail(ErrorCode::kInvalid, "an RSA key must have 2048 to 8192 bits");
  if (!BN_is_odd(modulus.get())) return fail(ErrorCode::kInvalid, "this is no RSA key");
  if (BN_get_word(exponent.get()) < kLeastExponent || !BN_is_odd(exponent.get()) ||
      BN_num_bits(exponent.get()) > 64)
    return fail(ErrorCode::kInvalid, "the exponent of an RSA key must be 65537 or more, and odd");
  if (is_roca_modulus(modulus.get()))
    return fail(ErrorCode::kInvalid, "the RSA key is of a faulty generator (CVE-2017-15361)");
  return Algorithms{Algorithm::kRs256, Algorithm::kPs256};
}

Result<Algorithms> ec_algorithms(EVP_PKEY* key) {
  std::array<char, 32> name{};
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(),
                                     nullptr) != 1)
    ERR_clear_error();
  const std::string_view curve(name.data());
  if (curve != "prime256v1" && curve != "secp384r1")
    return fail(ErrorCode::kUnsupported, "the curve is neither P-256 nor P-384");
  const openssl::PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalid, "the point is not on its curve");
  }
  return Algorithms{curve == "prime256v1" ? Algorithm::kEs256 : Algorithm::kEs384};
}

// For what a key of this type can be used.
Result<Algorithms> algorithms_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return rsa_algorithms(key);
    case EVP_PKEY_EC: return ec_algorithms(key);
    case EVP_PKEY_ED25519: return Algorithms{Algorithm::kEdDsa};
    default: return fail(ErrorCode::kUnsupported, "the key is neither EC, Ed25519 nor RSA");
  }
}

// What the publisher says that the key is for: `use` and `key_ops` must allow verifying.
Result<void> check_use(const crdt::Any& jwk) {
  const auto other = [] { return fail(ErrorCode::kUnsupported, "the key is not for signatures"); };
  if (jwk.find("use") != nullptr && text_or(jwk, "use") != "sig") return other();
  const crdt::Any* const operations = jwk.find("key_ops");
  if (operations == nullptr) return {};
  const auto* const list = std::get_if<crdt::Any::Array>(&operations->value());
  if (list == nullptr) return other();
  for (const crdt::Any& operation : *list)
    if (operation == crdt::Any("verify")) return {};
  return other();
}

// Of those that the key can, the ones that its `alg` leaves.
Result<Algorithms> narrowed(Algorithms able, const crdt::Any& jwk) {
  if (jwk.find("alg") == nullptr) return able;
  const auto named = algorithm_named(text_or(jwk, "alg"));
  if (!named || !able.has(*named))
    return fail(ErrorCode::kUnsupported, "its 'alg' is not one that is accepted for such a key");
  return Algorithms{*named};
}

// ---- signatures ----

// DER, from R and S side by side. Empty if that is not its length.
Bytes der_of(ByteView signature, std::size_t size) {
  if (signature.size() != 2 * size) return {};
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(signature.data() + at, static_cast<int>(size), nullptr);
  };
  const openssl::EcSignature parts(ECDSA_SIG_new());
  ECDSA_SIG_set0(parts.get(), number(0), number(size));
  const int length = i2d_ECDSA_SIG(parts.get(), nullptr);
  if (length <= 0) return {};
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* out = der.data();
  i2d_ECDSA_SIG(parts.get(), &out);
  return der;
}

bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

bool verify_public(EVP_PKEY* key, const EVP_MD* digest, bool pss, ByteView message,
                   ByteView signature) {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  const bool right = context != nullptr &&
                     EVP_DigestVerifyInit(context.get(), &inner, digest, nullptr, key) == 1 &&
                     (!pss || use_pss(inner)) &&
                     EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                      message.data(), message.size()) == 1;
  if (!right) ERR_clear_error();  // the queue of the thread is not ours
  return right;
}

bool verify_secret(const Bytes& secret, ByteView message, ByteView signature) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(),
           message.size(), code.data(), &size) == nullptr)
    return false;
  return signature.size() == size && CRYPTO_memcmp(code.data(), signature.data(), size) == 0;
}

}  // namespace

Result<Key> Key::from_material(std::string id, Material material) {
  Algorithms able{Algorithm::kHs256};
  if (material.public_key != nullptr) {
    const auto found = algorithms_of(material.public_key.get());
    if (!found) return std::unexpected(found.error());
    able = *found;
  } else if (material.secret.size() < kLeastSecretBytes ||
             material.secret.size() > kMostSecretBytes) {
    return fail(ErrorCode::kInvalid, "a secret for HS256 must have 32 to 1024 bytes");
  }
  return Key(std::move(id), able, std::make_shared<const Material>(std::move(material)));
}

Result<Key> Key::from_jwk(const crdt::Any& jwk) {
  const std::string_view type = text_or(jwk, "kty");
  if (const auto usable = check_use(jwk); !usable) return std::unexpected(usable.error());
  const std::string_view id = text_or(jwk, "kid");
  if ((jwk.find("kid") != nullptr && text_of(jwk, "kid") == nullptr) || id.size() > kMaxKeyIdBytes)
    return fail(ErrorCode::kInvalid, "'kid' is no text of at most 256 bytes");
  Material material;
  if (type == "oct") {
    auto secret = bytes_of(jwk, "k");
    if (!secret) return std::unexpected(secret.error());
    material.secret = std::move(*secret);
  } else {
    auto key = type == "EC"    ? ec_key(jwk)
               : type == "OKP" ? okp_key(jwk)
               : type == "RSA" ? rsa_key(jwk)
                               : Result<openssl::Pkey>(fail(ErrorCode::kUnsupported,
                                                            "'kty' is none that is accepted"));
    if (!key) return std::unexpected(key.error());
    material.public_key = std::move(*key);
  }
  auto key = from_material(std::string(id), std::move(material));
  if (!key) return key;
  const auto algorithms = narrowed(key->algorithms(), jwk);
  if (!algorithms) return std::unexpected(algorithms.error());
  key->algorithms_ = *algorithms;
  return key;
}

Result<std::vector<Key>> Key::from_pem(std::string_view pem) {
  std::vector<Key> keys;
  const openssl::Bio input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(input.get(), &name, &header, &data, &size) != 1) break;
    const std::string_view kind(name);
    const unsigned char* at = data;
    Material material;
    if (kind == "PUBLIC KEY") {
      material.public_key.reset(d2i_PUBKEY(nullptr, &at, size));
    } else if (kind == "CERTIFICATE") {
      const openssl::Certificate certificate(d2i_X509(nullptr, &at, size));
      if (certificate != nullptr) material.public_key.reset(X509_get_pubkey(certificate.get()));
    }
    const bool known = kind == "PUBLIC KEY" || kind == "CERTIFICATE";
    const std::string what(kind);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    if (!known) return fail(ErrorCode::kUnsupported, "'" + what + "' in PEM: give the PUBLIC KEY");
    if (material.public_key == nullptr)
      return fail(ErrorCode::kInvalid, "'" + what + "' in PEM cannot be read");
    auto key = from_material({}, std::move(material));
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  ERR_clear_error();  // "no start line" at the end
  if (keys.empty()) return fail(ErrorCode::kMalformed, "there is no PUBLIC KEY in PEM");
  return keys;
}

bool Key::verify(Algorithm algorithm, ByteView message, ByteView signature) const {
  if (!algorithms_.has(algorithm)) return false;
  EVP_PKEY* const key = material_->public_key.get();
  switch (algorithm) {
    case Algorithm::kHs256: return verify_secret(material_->secret, message, signature);
    case Algorithm::kEdDsa: return verify_public(key, nullptr, false, message, signature);
    case Algorithm::kRs256: return verify_public(key, EVP_sha256(), false, message, signature);
    case Algorithm::kPs256: return verify_public(key, EVP_sha256(), true, message, signature);
    case Algorithm::kEs256:
    case Algorithm::kEs384: {
      const bool long_one = algorithm == Algorithm::kEs384;
      const Bytes der = der_of(signature, long_one ? 48 : 32);
      return !der.empty() &&
             verify_public(key, long_one ? EVP_sha384() : EVP_sha256(), false, message, der);
    }
  }
  return false;
}

}  // namespace syncline::jose
