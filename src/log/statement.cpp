#include "log/statement.h"

namespace syncline::log {

std::string to_text(const Statement& statement) {
  std::string text;
  for (const NoteVerifier& key : statement.keys) text += key.to_text() + "\n";
  return text + "\n" + statement.note;
}

Result<Statement> statement_from_text(std::string_view text) {
  if (text.size() > kMaxStatementBytes) return fail(ErrorCode::kTooLarge, "statement too large");
  Statement statement;
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return fail(ErrorCode::kMalformed, "a statement without a note");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) break;
    if (statement.keys.size() == kMaxStatementKeys)
      return fail(ErrorCode::kTooLarge, "a statement with too many keys");
    auto key = NoteVerifier::from_text(line);
    if (!key) return std::unexpected(std::move(key.error()));
    statement.keys.push_back(std::move(*key));
  }
  if (statement.keys.empty()) return fail(ErrorCode::kMalformed, "a statement without keys");
  statement.note = text;
  if (auto said = peek_checkpoint(statement.note); !said)
    return std::unexpected(std::move(said.error()));
  return statement;
}

Result<Checkpoint> open_statement(const Statement& statement) {
  return open_checkpoint(statement.note, statement.keys);
}

}  // namespace syncline::log
