// The keys that `log verify` trusts, and the checkpoint that it is given.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "log/checkpoint.h"
#include "syncline/error.h"

namespace syncline::cli {

// Adds --key. `fallback` describes which keys are trusted without it.
void key_option(Command& command, std::string& keys, std::string fallback);

// Parses the verification keys of --key: one, or several separated by commas. kInvalid.
Result<std::vector<log::NoteVerifier>> parse_keys(const std::string& keys);

// Reads a checkpoint from a file that was kept away from the server. kUnauthorized if none of
// `keys` signed it.
Result<log::Checkpoint> read_checkpoint(const std::string& file,
                                        const std::vector<log::NoteVerifier>& keys);

}  // namespace syncline::cli
