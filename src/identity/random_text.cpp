#include "identity/random_text.h"

#include <algorithm>

namespace syncline::identity {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kOfOneNumber = 12;  // letters of 5 bits in 64 bits

}  // namespace

std::string random_text(Random& random, std::size_t chars) {
  std::string text;
  text.reserve(chars);
  while (text.size() < chars) {
    std::uint64_t bits = random.next();
    for (std::size_t i = 0; i < kOfOneNumber && text.size() < chars; ++i, bits >>= 5)
      text += kLetters[bits & 31];
  }
  return text;
}

bool is_random_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kLetters.find(c) != kLetters.npos; });
}

}  // namespace syncline::identity
