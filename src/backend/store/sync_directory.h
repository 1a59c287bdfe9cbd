// Makes the entries of a directory durable: files that were created, renamed or removed in it.
#pragma once

#include <string>

namespace syncline::backend {

// False, with errno set, if the directory cannot be opened or synced.
bool sync_directory(const std::string& path);

}  // namespace syncline::backend
