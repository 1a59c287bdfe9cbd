// Statement: a signed checkpoint together with the keys that verify it, as one text.
//
// What the keeper of a log has signed travels with the log: in an exported bundle, and next to an
// imported log, which then has another keeper. The keys in a statement are only a claim. To trust
// it, compare them with keys from another source.
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
inline constexpr std::size_t kMaxStatements = 16;  // of one log: one for each former keeper

struct Statement {
  std::vector<NoteVerifier> keys;
  std::string note;

  bool operator==(const Statement&) const = default;
};

std::string to_text(const Statement& statement);

// kMalformed, kTooLarge. Does not verify the signature.
Result<Statement> statement_from_text(std::string_view text);

// The checkpoint, if one of the statement's own keys has signed it.
Result<Checkpoint> open_statement(const Statement& statement);

}  // namespace syncline::log
