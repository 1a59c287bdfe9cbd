#include "backend/net/tls_bio.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace syncline::backend {
namespace {

int fd_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool again(ssize_t done) {
  return done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

int write_some(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(fd_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (again(sent)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_some(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(fd_of(bio), into, static_cast<std::size_t>(size), 0);
  if (again(got)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back here
}

BIO_METHOD* make_method() {
  BIO_METHOD* method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write(method, write_some);
  BIO_meth_set_read(method, read_some);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

bio_st* new_socket_bio(int fd) {
  static BIO_METHOD* const method = make_method();  // a table of functions, never changed
  if (method == nullptr) return nullptr;
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace syncline::backend
