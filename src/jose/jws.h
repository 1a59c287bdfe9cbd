// Jws: a signed token in compact form (RFC 7515): header, payload and signature, with dots between them.
//
// The header is not trusted before the signature is right, and even then it only chooses among our keys. A token
// that brings or names a key of its own (jwk, jku, x5c, x5u) is checked with ours as any other. A token
// whose header needs something that we do not know (crit), or is signed in another form (b64), is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "jose/algorithm.h"
#include "jose/key_set.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::jose {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;
inline constexpr std::size_t kMaxHeaderBytes = 4 * 1024;  // as text of the token

struct Jws {
  Algorithm algorithm{};
  std::string kid;   // "": none
  std::string type;  // typ; "": none
  std::string signed_text;
  Bytes payload;
  Bytes signature;
};

// kMalformed: not of this form. kTooLarge: over a limit. kUnsupported: another algorithm, or a header
// that asks for more than we know.
Result<Jws> parse_jws(std::string_view token);

// kUnauthorized: the signature is wrong, or the algorithm is not one of `allowed`; kNotFound and kInvalid as
// KeySet::find().
Result<void> verify(const Jws& jws, const KeySet& keys, Algorithms allowed);

}  // namespace syncline::jose
