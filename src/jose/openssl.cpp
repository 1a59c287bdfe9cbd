#include "jose/openssl.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace syncline::jose::openssl {

void Free::operator()(bio_st* object) const {
  BIO_free(object);
}
void Free::operator()(bignum_st* object) const {
  BN_free(object);
}
void Free::operator()(evp_pkey_st* object) const {
  EVP_PKEY_free(object);
}
void Free::operator()(evp_pkey_ctx_st* object) const {
  EVP_PKEY_CTX_free(object);
}
void Free::operator()(evp_md_ctx_st* object) const {
  EVP_MD_CTX_free(object);
}
void Free::operator()(ossl_param_st* object) const {
  OSSL_PARAM_free(object);
}
void Free::operator()(ossl_param_bld_st* object) const {
  OSSL_PARAM_BLD_free(object);
}
void Free::operator()(ECDSA_SIG_st* object) const {
  ECDSA_SIG_free(object);
}
void Free::operator()(x509_st* object) const {
  X509_free(object);
}

}  // namespace syncline::jose::openssl
