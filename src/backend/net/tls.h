// TLS: the server's certificate and key, the streams made with them, and the stream of a client.
//
// OpenSSL runs directly on the non-blocking socket and releases its buffers when idle
// (SSL_MODE_RELEASE_BUFFERS). So an idle connection takes about 15 KB; a BIO pair or a wrapping
// stream would cost five times that. TLS 1.3, and TLS 1.2 with ECDHE and an AEAD cipher; no
// renegotiation, no compression, no session cache (tickets are stateless). ALPN offers only
// http/1.1.
//
// Thread-safety: new_stream() from any thread; each stream as Stream says. A stream shares what it
// needs, so the context may be destroyed before it.
#pragma once

#include <memory>
#include <string>

#include "backend/net/stream.h"
#include "syncline/error.h"

struct ssl_ctx_st;

namespace syncline::backend {

class TlsContext {
 public:
  // Loads PEM files: the certificate chain, leaf first, and its private key.
  static Result<std::unique_ptr<TlsContext>> load(const std::string& certificate_path,
                                                  const std::string& key_path);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Takes ownership of `fd`. Returns null and closes the descriptor if OpenSSL is out of memory.
  std::unique_ptr<Stream> new_stream(int fd);

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
};

// The stream of a client. It verifies the certificate chain against `ca_file` (PEM; empty: the
// system's trusted certificates; with `system_too`, against both), and that the certificate is for `host`, a name or an address.
// Takes ownership of `fd`, also on failure.
Result<std::unique_ptr<Stream>> make_tls_client_stream(int fd, const std::string& host,
                                                       const std::string& ca_file,
                                                       bool system_too = false);

// The reason why the last operation on a stream of this thread failed, in OpenSSL's words; "" if the
// peer has just gone.
std::string tls_failure();

// The reason why the handshake of a stream from make_tls_client_stream() failed.
Error tls_client_error(const Stream& stream);

}  // namespace syncline::backend
