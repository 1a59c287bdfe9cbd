// Backups of a whole data directory, of a running or a stopped server.
//
// A backup is itself a data directory, with a list of its files:
//
//   DEST/log/…         the database at one moment, with everything that was acknowledged until then
//   DEST/snapshots/…   the large snapshots that the database names
//   DEST/files/…       the chunks of the files that the database names
//   DEST/keys/public   the keys with which checkpoints were signed
//   DEST/keys/signing.key   only on request
//   DEST/BACKUP        the list: SHA-256, size and name of each file, and a hash of the list
//
// It is written as DEST.partial; every file is synced, read back and compared. When everything is
// there, a rename makes it DEST. An interrupted backup leaves DEST.partial, which has no list;
// check_backup and restore_backup refuse it.
//
// All file operations use StoreOptions::env, so that tests can make each of them fail.
// Thread-safety: any thread; blocks while it copies.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backend/store/rocksdb_store.h"
#include "syncline/error.h"

namespace syncline::backend {

struct BackupOptions {
  std::string destination;
  // Include the private key. Its holder can sign in the name of this server. Without it, a restored
  // server makes a new key, so that no key ever signs two continuations of one log.
  bool signing_key = false;
  // Called now and then with the number of bytes copied so far. If it returns false, the backup
  // stops with kUnavailable.
  std::function<bool(std::uint64_t)> progress = {};
};

struct BackupReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t workspaces = 0;
  std::uint64_t unix_ms = 0;  // when it was made
  bool signing_key = false;
};

// Makes a backup of a directory that no server uses. kConflict if it is in use (its server can make
// the backup), or if the destination exists. kNotFound if there is no data directory.
Result<BackupReport> back_up(const StoreOptions& options, const BackupOptions& backup);

// Reads the whole backup. kCorrupt names the first file that has changed; kNotFound if it is not a
// backup.
Result<BackupReport> check_backup(const std::string& directory, const StoreOptions& options = {});

// Checks the backup, then makes the data directory `options.data_dir` from it, which must be empty
// or not exist. Makes new keys if the backup has no private key.
Result<BackupReport> restore_backup(const std::string& directory, const StoreOptions& options);

}  // namespace syncline::backend
