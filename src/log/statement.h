// A signed checkpoint together with the keys that it is to be checked by, as one text.
//
// What a log's keeper signed of it travels with the log: in an exported bundle, and beside a log that
// was imported from one, where the keeper is another by then. The keys in a statement are what the
// statement claims, no more: to believe it, compare them with keys that were had elsewhere.
//
//     <verification key>\n        one or more, the newest last (log/checkpoint.h)
//     \n
//     <signed note>
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "log/checkpoint.h"

namespace syncline::log {

inline constexpr std::size_t kMaxStatementBytes = 2 * kMaxNoteBytes;
inline constexpr std::size_t kMaxStatementKeys = 64;
inline constexpr std::size_t kMaxStatements = 16;  // of one log: who kept it before

struct Statement {
  std::vector<NoteVerifier> keys;
  std::string note;

  bool operator==(const Statement&) const = default;
};

std::string to_text(const Statement& statement);

// kMalformed, kTooLarge. Says nothing yet of the signature.
Result<Statement> statement_from_text(std::string_view text);

// What it says, once one of its own keys has signed it.
Result<Checkpoint> open_statement(const Statement& statement);

}  // namespace syncline::log
