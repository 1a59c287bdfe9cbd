// Whom `log verify` believes, and the checkpoint that it is given.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "log/checkpoint.h"
#include "syncline/error.h"

namespace syncline::cli {

// --key; what is believed without it.
void key_option(Command& command, std::string& keys, std::string fallback);

// Verification keys out of --key: one, or several with commas between them. kInvalid.
Result<std::vector<log::NoteVerifier>> parse_keys(const std::string& keys);

// The checkpoint in a file, kept by somebody else than who keeps the log. kUnauthorized: none of
// `keys` signed it.
Result<log::Checkpoint> read_checkpoint(const std::string& file,
                                        const std::vector<log::NoteVerifier>& keys);

}  // namespace syncline::cli
