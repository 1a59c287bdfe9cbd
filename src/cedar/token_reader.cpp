#include "cedar/token_reader.h"

#include "base/utf8.h"

namespace syncline::cedar {

TokenReader::TokenReader(std::string_view source) : lexer_(source), token_{} {
  if (source.size() > kMaxSourceBytes) {
    fail_at({}, "the source is larger than " + std::to_string(kMaxSourceBytes) + " bytes",
            ErrorCode::kTooLarge);
  } else if (!is_valid_utf8(source)) {
    fail_at({}, "the source is not valid UTF-8");
  } else {
    take();
  }
}

Token TokenReader::take() {
  const Token taken = token_;
  if (failed()) return taken;
  token_ = lexer_.next();
  if (token_.kind == TokenKind::kBad) fail_at(token_.position, token_.text);
  return taken;
}

bool TokenReader::take_mark(std::string_view mark) {
  if (!peek_mark(mark)) return false;
  take();
  return true;
}

bool TokenReader::take_word(std::string_view word) {
  if (!peek_word(word)) return false;
  take();
  return true;
}

void TokenReader::expect_mark(std::string_view mark) {
  if (!take_mark(mark)) fail_here("`" + std::string(mark) + "`");
}

void TokenReader::expect_word(std::string_view word) {
  if (!take_word(word)) fail_here("`" + std::string(word) + "`");
}

std::string_view TokenReader::expect_identifier(std::string_view what) {
  if (token_.kind != TokenKind::kWord) {
    fail_here(what);
    return {};
  }
  if (is_reserved_word(token_.text))
    fail_at(token_.position, "`" + std::string(token_.text) + "` is a reserved word");
  return take().text;
}

std::string TokenReader::expect_string(std::string_view what) {
  std::string text;
  if (token_.kind != TokenKind::kString) {
    fail_here(what);
    return text;
  }
  const Token token = take();
  if (!unescape(token.text, text)) fail_at(token.position, "the string has a wrong escape");
  return text;
}

void TokenReader::fail_at(Position position, std::string_view message, ErrorCode code) {
  if (failed()) return;
  error_ = Error{code, at_position(position, message)};
  token_ = {TokenKind::kEnd, {}, position};
}

void TokenReader::fail_here(std::string_view expected) {
  std::string message = "expected ";
  message += expected;
  if (at_end()) {
    message += ", but the source ends";
  } else {
    // What was sent is shown, but not all of a long token.
    constexpr std::size_t kShown = 40;
    std::size_t shown = std::min(token_.text.size(), kShown);
    while (shown < token_.text.size() &&
           (static_cast<unsigned char>(token_.text[shown]) & 0xc0) == 0x80)
      ++shown;
    message += ", found `";
    message += token_.text.substr(0, shown);
    message += shown < token_.text.size() ? "…`" : "`";
  }
  fail_at(token_.position, message);
}

bool TokenReader::enter() {
  ++depth_;
  if (depth_ <= kMaxDepth) return true;
  fail_at(token_.position, "this is nested too deep", ErrorCode::kTooLarge);
  return false;
}

}  // namespace syncline::cedar
