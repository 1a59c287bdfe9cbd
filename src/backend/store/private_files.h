// Files that only their owner can read: 0700 for directories and 0600 for files, whatever umask the
// program was started with. What Syncline writes is what people wrote, and the keys that sign it.
#pragma once

#include <cstddef>
#include <string>

#include "syncline/error.h"

namespace syncline::backend {

// From now on, every file and directory that this process and its children create is private.
// Restricts the umask of the process; call it before there are threads.
void create_private_files();

// Creates a directory, and those above it if they are missing. What it creates is private. kIo.
Result<void> create_private_directory(const std::string& path);

struct MadePrivate {
  std::size_t changed = 0;  // files and directories that others could read or write
  std::size_t failed = 0;   // the same, and it is not ours to change
};

// Makes a data directory private, and in it everything that Syncline created, also as an earlier
// version. Leaves other files as they are, and does not follow symbolic links.
MadePrivate make_private(const std::string& data_dir);

}  // namespace syncline::backend
