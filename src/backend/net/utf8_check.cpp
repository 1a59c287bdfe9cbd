#include "backend/net/utf8_check.h"

namespace syncline::backend {

bool Utf8Check::feed(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    if (bad_) break;
    if (missing_ == 0 && byte < 0x80) continue;
    bad_ = !step(byte);
  }
  return !bad_;
}

bool Utf8Check::step(std::uint8_t byte) {
  if (missing_ > 0) {
    if (byte < low_ || byte > high_) return false;
    --missing_;
    low_ = 0x80;
    high_ = 0xbf;
    return true;
  }
  if (byte >= 0xc2 && byte <= 0xdf) {
    missing_ = 1;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    missing_ = 2;
    if (byte == 0xe0) low_ = 0xa0;   // lower values are overlong forms
    if (byte == 0xed) high_ = 0x9f;  // higher values are surrogates
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    missing_ = 3;
    if (byte == 0xf0) low_ = 0x90;
    if (byte == 0xf4) high_ = 0x8f;  // higher values are above U+10FFFF
  } else {
    return false;
  }
  return true;
}

}  // namespace syncline::backend
