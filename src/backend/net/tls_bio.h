// An OpenSSL BIO over a socket that never raises SIGPIPE. The standard socket BIO does, and a
// library must not depend on the signal settings of the whole process.
#pragma once

struct bio_st;

namespace syncline::backend {

// For blocking and non-blocking sockets. The caller keeps the descriptor. Null if out of memory.
bio_st* new_socket_bio(int fd);

}  // namespace syncline::backend
