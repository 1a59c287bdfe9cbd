// The tokens of policies and of schemas, which have the same.
//
// The lexer never fails: what is no token becomes a token of kind kBad with the reason as its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/text.h"

namespace syncline::cedar {

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,    // identifiers and keywords
  kNumber,  // digits
  kString,  // the text between the quotes, escapes as they are
  kSlot,    // ?principal
  kMark,    // operators and punctuation
  kBad,     // the text is the reason
};

struct Token {
  TokenKind kind;
  std::string_view text;
  Position position;

  bool is(TokenKind other, std::string_view what) const { return kind == other && text == what; }
};

// Tokens one after the other; the source must outlive them. Comments and space are skipped.
class Lexer {
 public:
  // `source` must be valid UTF-8.
  explicit Lexer(std::string_view source) : rest_(source) {}

  // kEnd again and again at the end; kBad again and again after a bad one.
  Token next();

 private:
  void skip(std::size_t bytes);
  void skip_space();
  Token take(TokenKind kind, std::size_t bytes);
  Token string();

  std::string_view rest_;
  Position at_{1, 1};
};

// What the escapes in a string literal stand for. Returns false if one is wrong.
bool unescape(std::string_view raw, std::string& out);

// The same for the pattern of `like`. Each run between unescaped stars becomes one of `pieces`; so
// there is always one more piece than there are stars.
bool unescape_pattern(std::string_view raw, std::vector<std::string>& pieces);

}  // namespace syncline::cedar
