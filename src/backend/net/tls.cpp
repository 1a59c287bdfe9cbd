#include "backend/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "backend/net/tls_bio.h"

namespace syncline::backend {
namespace {

// For TLS 1.2: an ephemeral key exchange, so that a stolen key opens no recorded connection, and a
// cipher that authenticates. TLS 1.3 has no others.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// Where distributions keep the certificates of public authorities. OpenSSL knows one place, that of the distribution for
// which it was built; the portable binary runs on others, too.
constexpr const char* kTrustFiles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                       "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                       "/etc/ssl/cert.pem"};

bool trust_system(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) return false;
  const bool named = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                     std::getenv(X509_get_default_cert_dir_env()) != nullptr;
  if (named || access(X509_get_default_cert_dir(), R_OK) == 0) return true;
  for (const char* file : kTrustFiles)
    if (access(file, R_OK) == 0) return SSL_CTX_load_verify_locations(context, file, nullptr) == 1;
  return true;
}

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

// Selects http/1.1 if the client offers it. A client that offers only other protocols continues
// without ALPN.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

class TlsStream final : public Stream {
 public:
  TlsStream(SSL* ssl, int fd) : ssl_(ssl), fd_(fd) {}
  ~TlsStream() override {
    SSL_free(ssl_);
    ::close(fd_);
  }

  int fd() const override { return fd_; }

  IoStatus handshake() override {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    return done == 1 ? IoStatus::kOk : status_of(done);
  }

  IoResult read(std::span<std::uint8_t> into) override {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(ssl_, into.data(), into.size(), &got);
    if (done == 1) return {IoStatus::kOk, got};
    return {status_of(done)};
  }

  // Gathers the parts into one record, so that headers of a few bytes do not become records of
  // their own.
  IoResult write(std::span<const iovec> parts) override {
    std::array<std::uint8_t, SSL3_RT_MAX_PLAIN_LENGTH> record;
    std::size_t size = 0;
    for (const iovec& part : parts) {
      const std::size_t take = std::min(part.iov_len, record.size() - size);
      std::memcpy(record.data() + size, part.iov_base, take);
      size += take;
      if (size == record.size()) break;
    }
    ERR_clear_error();
    std::size_t sent = 0;
    const int done = SSL_write_ex(ssl_, record.data(), size, &sent);
    if (done == 1) return {IoStatus::kOk, sent};
    return {status_of(done)};
  }

  void shutdown_write() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_) && !broken_) SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }

  bool has_buffered() const override { return SSL_has_pending(ssl_) == 1; }

  long verify_result() const { return SSL_get_verify_result(ssl_); }

 private:
  IoStatus status_of(int done) {
    switch (SSL_get_error(ssl_, done)) {
      case SSL_ERROR_WANT_READ: return IoStatus::kWantRead;
      case SSL_ERROR_WANT_WRITE: return IoStatus::kWantWrite;
      case SSL_ERROR_ZERO_RETURN: return IoStatus::kEnd;
      default: broken_ = true; return IoStatus::kError;  // after this, SSL_shutdown is not allowed
    }
  }

  SSL* ssl_;
  int fd_;
  bool broken_ = false;
};

// Returns null and closes the descriptor if out of memory.
SSL* new_ssl(SSL_CTX* context, int fd) {
  SSL* ssl = SSL_new(context);
  BIO* bio = new_socket_bio(fd);
  if (ssl == nullptr || bio == nullptr) {
    SSL_free(ssl);
    BIO_free(bio);
    ::close(fd);
    return nullptr;
  }
  SSL_set_bio(ssl, bio, bio);
  return ssl;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::load(const std::string& certificate_path,
                                                     const std::string& key_path) {
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) return fail(ErrorCode::kIo, "cannot set up TLS: " + last_error());
  std::unique_ptr<TlsContext> context(new TlsContext(raw));

  if (SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(raw, kCiphers) != 1)
    return fail(ErrorCode::kIo, "cannot set up TLS: " + last_error());
  // A client that prefers ChaCha20 has no fast AES.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // The header of a record and its content with one call of the system instead of two.
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);

  if (SSL_CTX_use_certificate_chain_file(raw, certificate_path.c_str()) != 1)
    return fail(ErrorCode::kInvalid, "TLS certificate " + certificate_path + ": " + last_error());
  if (SSL_CTX_use_PrivateKey_file(raw, key_path.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(ErrorCode::kInvalid, "TLS key " + key_path + ": " + last_error());
  if (SSL_CTX_check_private_key(raw) != 1)
    return fail(ErrorCode::kInvalid, "TLS key " + key_path + " does not belong to certificate " +
                                         certificate_path + ": " + last_error());
  return context;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::unique_ptr<Stream> TlsContext::new_stream(int fd) {
  SSL* ssl = new_ssl(context_, fd);
  if (ssl == nullptr) return nullptr;
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsStream>(ssl, fd);
}

Result<std::unique_ptr<Stream>> make_tls_client_stream(int fd, const std::string& host,
                                                       const std::string& ca_file,
                                                       bool system_too) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL* ssl = context ? new_ssl(context.get(), fd) : nullptr;
  if (ssl == nullptr) return fail(ErrorCode::kIo, "cannot set up TLS: " + last_error());
  auto stream = std::make_unique<TlsStream>(ssl, fd);

  const bool system = ca_file.empty() || system_too;
  const bool trusted = (!system || trust_system(context.get())) &&
                       (ca_file.empty() || SSL_CTX_load_verify_locations(
                                               context.get(), ca_file.c_str(), nullptr) == 1);
  if (!trusted) return fail(ErrorCode::kInvalid, "TLS trust " + ca_file + ": " + last_error());
  SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  // For an address, checks the addresses in the certificate; for a name, its names.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
    ERR_clear_error();
    if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1)
      return fail(ErrorCode::kInvalid, "not a host name: " + host);
  }
  SSL_set_connect_state(ssl);
  return stream;
}

std::string tls_failure() {
  return ERR_peek_last_error() == 0 ? std::string() : last_error();
}

Error tls_client_error(const Stream& stream) {
  const long result = static_cast<const TlsStream&>(stream).verify_result();
  if (result != X509_V_OK)
    return {ErrorCode::kUnauthorized, std::string("the server's certificate is not trusted: ") +
                                          X509_verify_cert_error_string(result)};
  return {ErrorCode::kUnavailable, "TLS handshake failed: " + last_error()};
}

}  // namespace syncline::backend
