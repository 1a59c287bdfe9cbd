// Incremental UTF-8 validation (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF),
// for text that arrives in pieces cut anywhere. Fails on the first byte that cannot be right.
#pragma once

#include <cstdint>

#include "syncline/bytes.h"

namespace syncline::backend {

class Utf8Check {
 public:
  // False once the bytes so far cannot begin valid UTF-8; stays false.
  bool feed(ByteView bytes);

  // The bytes so far are whole characters.
  bool complete() const { return !bad_ && missing_ == 0; }

 private:
  bool step(std::uint8_t byte);

  std::uint8_t missing_ = 0;  // continuation bytes still to come
  std::uint8_t low_ = 0x80;   // range of the next one
  std::uint8_t high_ = 0xbf;
  bool bad_ = false;
};

inline bool is_utf8(ByteView bytes) {
  Utf8Check check;
  return check.feed(bytes) && check.complete();
}

}  // namespace syncline::backend
