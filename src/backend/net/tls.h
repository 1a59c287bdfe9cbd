// TLS: the server's certificate and key with the streams made with them, and a client's stream.
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
#include "syncline/error.h"

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

// The client's side: verifies the chain against `ca_file` (PEM; empty: what the system trusts) and
// that the certificate is for `host`, a name or an address. Takes ownership of `fd`, also on
// failure.
Result<std::unique_ptr<Stream>> make_tls_client_stream(int fd, const std::string& host,
                                                       const std::string& ca_file);

// Why the handshake of a stream made by make_tls_client_stream() has failed.
Error tls_client_error(const Stream& stream);

}  // namespace syncline::backend
