// TokenSigner: signs tokens as an identity provider does, with a key of its own.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "jose/algorithm.h"
#include "jose/openssl.h"

namespace syncline::testing {

class TokenSigner {
 public:
  // Makes a key for the algorithm. `kid` "": tokens and key have no id.
  TokenSigner(jose::Algorithm algorithm, std::string kid)
      : algorithm_(algorithm), kid_(std::move(kid)) {
    using enum jose::Algorithm;
    switch (algorithm) {
      case kEdDsa: key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); break;
      case kEs256: key_.reset(EVP_EC_gen("P-256")); break;
      case kEs384: key_.reset(EVP_EC_gen("P-384")); break;
      case kRs256:
      case kPs256: key_.reset(EVP_RSA_gen(2048)); break;
      case kHs256:
        secret_.resize(32);
        RAND_bytes(secret_.data(), static_cast<int>(secret_.size()));
        break;
    }
  }

  // Signs with HS256.
  static TokenSigner with_secret(std::string_view secret, std::string kid) {
    TokenSigner signer(jose::Algorithm::kHs256, std::move(kid));
    signer.secret_ = to_bytes(as_bytes(secret));
    return signer;
  }

  std::string sign(std::string_view claims) const {
    std::string header = R"({"alg":")" + std::string(jose::name_of(algorithm_)) + "\"";
    if (!kid_.empty()) header += R"(,"kid":")" + kid_ + "\"";
    return sign_with_header(header + "}", claims);
  }

  // Whatever the header says, the signature is of this key and its algorithm.
  std::string sign_with_header(std::string_view header, std::string_view claims) const {
    const std::string text =
        to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(claims));
    return text + "." + to_base64url(signature(as_bytes(text)));
  }

  // The public key (of HS256: the secret) as JWK.
  std::string jwk() const {
    std::string text = bare_jwk();
    text.pop_back();
    text += R"(,"alg":")" + std::string(jose::name_of(algorithm_)) + "\"";
    if (!kid_.empty()) text += R"(,"kid":")" + kid_ + "\"";
    return text + "}";
  }

  // Without kid and alg.
  std::string bare_jwk() const {
    using enum jose::Algorithm;
    switch (algorithm_) {
      case kEdDsa: return R"({"kty":"OKP","crv":"Ed25519","x":")" + raw_public() + "\"}";
      case kEs256: return R"({"kty":"EC","crv":"P-256")" + point() + "}";
      case kEs384: return R"({"kty":"EC","crv":"P-384")" + point() + "}";
      case kRs256:
      case kPs256:
        return R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
               number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
      case kHs256: return R"({"kty":"oct","k":")" + to_base64url(secret_) + "\"}";
    }
    return {};
  }

  std::string pem() const {
    const jose::openssl::Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    return text_of(out.get());
  }

  std::string private_pem() const {
    const jose::openssl::Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(out.get());
  }

 private:
  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
  }

  std::string raw_public() const {
    Bytes bytes(32);
    std::size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size);
    return to_base64url(bytes);
  }

  // Of a curve: as long as a coordinate.
  std::string number(const char* name, int size = 0) const {
    BIGNUM* found = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &found);
    const jose::openssl::Number owned(found);
    Bytes bytes(static_cast<std::size_t>(size == 0 ? BN_num_bytes(found) : size));
    BN_bn2binpad(found, bytes.data(), static_cast<int>(bytes.size()));
    return to_base64url(bytes);
  }

  std::string point() const {
    const int size = coordinate_bytes();
    return R"(,"x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" +
           number(OSSL_PKEY_PARAM_EC_PUB_Y, size) + "\"";
  }

  int coordinate_bytes() const { return algorithm_ == jose::Algorithm::kEs384 ? 48 : 32; }

  Bytes signature(ByteView text) const {
    using enum jose::Algorithm;
    if (algorithm_ == kHs256) {
      Bytes code(32);
      HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), text.data(), text.size(),
           code.data(), nullptr);
      return code;
    }
    const jose::openssl::DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* inner = nullptr;
    const EVP_MD* const digest = algorithm_ == kEdDsa   ? nullptr
                                 : algorithm_ == kEs384 ? EVP_sha384()
                                                        : EVP_sha256();
    EVP_DigestSignInit(context.get(), &inner, digest, nullptr, key_.get());
    if (algorithm_ == kPs256) {
      EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, text.data(), text.size());
    Bytes made(size);
    EVP_DigestSign(context.get(), made.data(), &size, text.data(), text.size());
    made.resize(size);
    return algorithm_ == kEs256 || algorithm_ == kEs384 ? side_by_side(made) : made;
  }

  // R and S, from DER.
  Bytes side_by_side(const Bytes& der) const {
    const unsigned char* at = der.data();
    const jose::openssl::EcSignature parts(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    const int size = coordinate_bytes();
    Bytes raw(2 * static_cast<std::size_t>(size));
    BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), size);
    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw.data() + size, size);
    return raw;
  }

  jose::Algorithm algorithm_;
  std::string kid_;
  jose::openssl::Pkey key_;
  Bytes secret_;
};

}  // namespace syncline::testing
