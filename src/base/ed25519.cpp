#include "base/ed25519.h"

#include <openssl/evp.h>

#include <memory>

#include "base/assert.h"

namespace syncline::ed25519 {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

Key private_key(const Seed& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  SYNCLINE_ASSERT(key != nullptr);
  return key;
}

}  // namespace

PublicKey public_key_of(const Seed& seed) {
  PublicKey key;
  std::size_t size = key.size();
  const int done = EVP_PKEY_get_raw_public_key(private_key(seed).get(), key.data(), &size);
  SYNCLINE_ASSERT(done == 1 && size == key.size());
  return key;
}

Signature sign(const Seed& seed, ByteView message) {
  const Key key = private_key(seed);
  const Context context(EVP_MD_CTX_new());
  Signature signature;
  std::size_t size = signature.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  SYNCLINE_ASSERT(done && size == signature.size());
  return signature;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  const Key handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  if (handle == nullptr) return false;
  const Context context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace syncline::ed25519
