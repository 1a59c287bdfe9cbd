// Whole files in and out. "-" is stdin or stdout. Errors name the file.
#pragma once

#include <cstddef>
#include <string>

#include "cli/console.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes = kMaxFileBytes);

// Puts a file in place whole or not at all: writes beside it, syncs, renames. Refuses to write
// bytes to a terminal.
Result<void> write_file(const std::string& path, ByteView bytes, Console& console);

// How messages call the file: "stdin" for "-".
std::string shown_name(const std::string& path);

}  // namespace syncline::cli
