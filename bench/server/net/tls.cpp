#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

#include "net/process.h"

namespace syncline::bench {
namespace {

SSL_CTX* shared_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    if (made == nullptr) give_up("cannot set up TLS");
    SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  return context;
}

}  // namespace

Tls::Tls(int socket) : ssl_(SSL_new(shared_context())) {
  if (ssl_ == nullptr || SSL_set_fd(ssl_, socket) != 1) give_up("cannot set up TLS");
  SSL_set_connect_state(ssl_);
}

Tls::~Tls() {
  SSL_free(ssl_);
}

ssize_t Tls::receive(std::span<std::uint8_t> into) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  return result == 1 ? static_cast<ssize_t>(got) : failed(result);
}

ssize_t Tls::send(std::span<const std::uint8_t> bytes) {
  ERR_clear_error();
  std::size_t took = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &took);
  return result == 1 ? static_cast<ssize_t>(took) : failed(result);
}

ssize_t Tls::failed(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: wants_write_ = false; break;
    case SSL_ERROR_WANT_WRITE: wants_write_ = true; break;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: errno = EPROTO; return -1;
  }
  errno = EAGAIN;
  return -1;
}

}  // namespace syncline::bench
