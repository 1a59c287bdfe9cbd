// Owners of OpenSSL's objects.
#pragma once

#include <memory>

struct bio_st;
struct bignum_st;
struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_ctx_st;
struct ossl_param_st;
struct ossl_param_bld_st;
struct ECDSA_SIG_st;
struct x509_st;

namespace syncline::jose::openssl {

struct Free {
  void operator()(bio_st* object) const;
  void operator()(bignum_st* object) const;
  void operator()(evp_pkey_st* object) const;
  void operator()(evp_pkey_ctx_st* object) const;
  void operator()(evp_md_ctx_st* object) const;
  void operator()(ossl_param_st* object) const;
  void operator()(ossl_param_bld_st* object) const;
  void operator()(ECDSA_SIG_st* object) const;
  void operator()(x509_st* object) const;
};

using Bio = std::unique_ptr<bio_st, Free>;
using Number = std::unique_ptr<bignum_st, Free>;
using Pkey = std::unique_ptr<evp_pkey_st, Free>;
using PkeyContext = std::unique_ptr<evp_pkey_ctx_st, Free>;
using DigestContext = std::unique_ptr<evp_md_ctx_st, Free>;
using Params = std::unique_ptr<ossl_param_st, Free>;
using ParamsBuild = std::unique_ptr<ossl_param_bld_st, Free>;
using EcSignature = std::unique_ptr<ECDSA_SIG_st, Free>;
using Certificate = std::unique_ptr<x509_st, Free>;

}  // namespace syncline::jose::openssl
