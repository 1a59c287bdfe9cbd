// What the parsers of policies and of schemas share: one token to look at, and the first error, after
// which there are no more tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cedar/lexer.h"
#include "cedar/policy.h"
#include "syncline/error.h"

namespace syncline::cedar {

class TokenReader {
 public:
  explicit TokenReader(std::string_view source);

  const Token& peek() const { return token_; }
  bool at_end() const { return token_.kind == TokenKind::kEnd; }
  bool failed() const { return error_.has_value(); }
  // Only after a failure.
  std::unexpected<Error> error() const { return std::unexpected(*error_); }

  Token take();
  bool peek_mark(std::string_view mark) const { return token_.is(TokenKind::kMark, mark); }
  bool peek_word(std::string_view word) const { return token_.is(TokenKind::kWord, word); }
  bool take_mark(std::string_view mark);
  bool take_word(std::string_view word);
  // Fails unless it is there.
  void expect_mark(std::string_view mark);
  void expect_word(std::string_view word);
  std::string_view expect_identifier(std::string_view what);
  // A string literal, unescaped.
  std::string expect_string(std::string_view what);

  // Keeps the first error only.
  void fail_at(Position position, std::string_view message, ErrorCode code = ErrorCode::kMalformed);
  void fail_here(std::string_view expected);

  // Counts how deep the parser recurses; false if it is too deep, and then it has failed.
  bool enter();
  void leave() { --depth_; }

 private:
  Lexer lexer_;
  Token token_;
  std::optional<Error> error_;
  std::uint32_t depth_ = 0;
};

// Enters and leaves a level.
class Level {
 public:
  explicit Level(TokenReader& reader) : reader_(reader), within_(reader.enter()) {}
  ~Level() { reader_.leave(); }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  explicit operator bool() const { return within_; }

 private:
  TokenReader& reader_;
  bool within_;
};

}  // namespace syncline::cedar
