// TLS for the server: a certificate and key, and streams made with them.
//
// OpenSSL runs directly on the non-blocking socket and gives its buffers back when idle
// (SSL_MODE_RELEASE_BUFFERS), which leaves about 15 KB an idle connection; a BIO pair or a wrapping
// stream would cost five times that. TLS 1.2 and newer, no renegotiation, no compression, no
// session cache (tickets are stateless). ALPN offers http/1.1 alone.
//
// Thread-safety: new_stream() from any thread; each stream as Stream says. A stream keeps what it
// needs of the context, which may go before it.
#pragma once

#include <memory>
#include <string>

#include "backend/net/stream.h"
#include "base/error.h"

struct ssl_ctx_st;

namespace syncline::backend {

class TlsContext {
 public:
  // PEM files: the certificate chain, leaf first, and its private key.
  static Result<std::unique_ptr<TlsContext>> load(const std::string& certificate_path,
                                                  const std::string& key_path);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Takes ownership of `fd`. Null, with the descriptor closed, when OpenSSL has no memory for it.
  std::unique_ptr<Stream> new_stream(int fd);

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
};

}  // namespace syncline::backend
