// The files of DIR/keys.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::backend {

// kIo, with what the operating system says now (errno).
std::unexpected<Error> key_file_failed(const std::string& what);

// Writes the file atomically and durably.
Result<void> write_key_file(const std::string& path, std::string_view text, mode_t mode);

// kCorrupt if it cannot be read.
Result<std::string> read_key_file(const std::string& path);

}  // namespace syncline::backend
