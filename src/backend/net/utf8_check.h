// Utf8Check: validates UTF-8 incrementally (RFC 3629: no overlong forms, no surrogates, nothing
// above U+10FFFF). For text that arrives in arbitrary pieces. Fails at the first invalid byte.
#pragma once

#include <cstdint>

#include "syncline/bytes.h"

namespace syncline::backend {

class Utf8Check {
 public:
  // False once the bytes so far cannot begin valid UTF-8. It then stays false.
  bool feed(ByteView bytes);

  // True if the bytes so far are complete characters.
  bool complete() const { return !bad_ && missing_ == 0; }

 private:
  bool step(std::uint8_t byte);

  std::uint8_t missing_ = 0;  // continuation bytes that must follow
  std::uint8_t low_ = 0x80;   // allowed range of the next one
  std::uint8_t high_ = 0xbf;
  bool bad_ = false;
};

inline bool is_utf8(ByteView bytes) {
  Utf8Check check;
  return check.feed(bytes) && check.complete();
}

}  // namespace syncline::backend
