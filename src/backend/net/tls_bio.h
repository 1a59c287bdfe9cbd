// An OpenSSL BIO over a socket that never raises SIGPIPE, which the stock socket BIO does: a
// library must not need a signal disposition of the whole process.
#pragma once

struct bio_st;

namespace syncline::backend {

// For a socket that is, or is not, blocking; the descriptor stays the caller's. Null without
// memory.
bio_st* new_socket_bio(int fd);

}  // namespace syncline::backend
