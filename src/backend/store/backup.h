// Backups of a whole data directory, made beside a running server or of a stopped one.
//
// A backup is a data directory itself, with a list of what belongs to it:
//
//   DEST/log/…         the database as it was at one moment: everything that was acknowledged by then
//   DEST/keys/public   the keys that checkpoints were signed with
//   DEST/keys/signing.key   only if asked for
//   DEST/BACKUP        the list: for each file its SHA-256, size and name, and a hash of the list
//
// It is written as DEST.partial, every file synced, read back and compared; DEST appears by a rename
// when all of it is there. What an interrupted backup leaves behind is called DEST.partial, has no
// list, and is refused by check_backup and restore_backup.
//
// All file operations go through StoreOptions::env, so that tests can fail each of them.
// Thread-safety: any thread; blocks as long as copying takes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backend/store/rocksdb_store.h"
#include "syncline/error.h"

namespace syncline::backend {

struct BackupOptions {
  std::string destination;
  // The private key too. Whoever has it signs in this server's name; without it a restored server
  // makes a new one, so that no key ever signs two continuations of one log.
  bool signing_key = false;
  // Called now and then with the bytes copied so far; false stops with kUnavailable.
  std::function<bool(std::uint64_t)> progress = {};
};

struct BackupReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t workspaces = 0;
  std::uint64_t unix_ms = 0;  // when it was made
  bool signing_key = false;
};

// Of a directory that no server uses. kConflict: it is in use, ask its server; or the destination
// exists. kNotFound: no data directory.
Result<BackupReport> back_up(const StoreOptions& options, const BackupOptions& backup);

// Reads all of it. kCorrupt names the first file that is not as it was; kNotFound: no backup.
Result<BackupReport> check_backup(const std::string& directory, const StoreOptions& options = {});

// Checks the backup, then makes the data directory `options.data_dir` of it, which must not exist or
// be empty. With new keys where the private one is not in it.
Result<BackupReport> restore_backup(const std::string& directory, const StoreOptions& options);

}  // namespace syncline::backend
