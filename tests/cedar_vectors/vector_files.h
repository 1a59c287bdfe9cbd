// The files of a packed archive, in memory.
#pragma once

#include <map>
#include <string>

namespace syncline::testing {

// Names as in the archive. Stops the program if the file is not a tar archive in zstd.
std::map<std::string, std::string> read_packed_files(const std::string& path);

}  // namespace syncline::testing
