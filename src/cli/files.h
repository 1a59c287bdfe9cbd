// Reads and writes whole files. "-" is stdin or stdout. Errors name the file.
#pragma once

#include <cstddef>
#include <string>

#include "cli/console.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::cli {

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes = kMaxFileBytes);

// Writes a file atomically: writes a new file next to it, syncs it, and renames it. Refuses to
// write bytes to a terminal.
Result<void> write_file(const std::string& path, ByteView bytes, Console& console);

// The name of the file in messages: "stdin" for "-".
std::string shown_name(const std::string& path);

}  // namespace syncline::cli
