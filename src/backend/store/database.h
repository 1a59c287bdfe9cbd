// The RocksDB database below the store: opening it, its column families, its errors as ours.
//
// Private to this folder: the only header that shows RocksDB's types.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/keys.h"
#include "backend/store/rocksdb_store.h"
#include "base/error.h"

namespace syncline::backend::store {

inline constexpr std::uint64_t kFormatVersion = 1;

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline rocksdb::Slice slice(ByteView bytes) {
  return slice(as_text(bytes));
}
inline std::string_view text(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}
inline ByteView bytes(const rocksdb::Slice& slice) {
  return as_bytes(text(slice));
}

// Where RocksDB lives within the data directory.
std::string rocksdb_dir(const std::string& data_dir);

enum class OpenMode {
  kReadWrite,
  kReadOnly,
  kSalvage,  // read-only, and takes what there is up to the first damage
};

struct Database {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* events = nullptr;
  rocksdb::ColumnFamilyHandle* objects = nullptr;
  rocksdb::ColumnFamilyHandle* snapshots = nullptr;
  rocksdb::ColumnFamilyHandle* meta = nullptr;

  Database() = default;
  Database(Database&&) = default;
  Database& operator=(Database&&) = delete;
  ~Database();

  std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::ColumnFamilyHandle* family,
                                             const rocksdb::ReadOptions& options = {}) const;
};

// Opens the database in `directory` (not the data directory) and checks the format version.
Result<Database> open_database(const std::string& directory, const StoreOptions& options,
                               OpenMode mode);

// Rebuilds RocksDB's own bookkeeping in `directory` from the files that are there, in place.
Result<void> rebuild_database(const std::string& directory, const StoreOptions& options);

// `what` was being done: "reading workspace a".
Error to_error(const rocksdb::Status& status, std::string_view what);

// The number of a workspace, nullopt where there is none.
Result<std::optional<WorkspaceId>> find_workspace(const Database& database, std::string_view name);

// Where a workspace's log ends: its last event, decoded and checked.
Result<log::Head> stored_head(const Database& database, std::string_view name, WorkspaceId id);

// The value of a snapshot: version, CRC-32C of key and state, state.
std::string encode_snapshot(std::string_view key, ByteView state);
// nullopt: damaged. The view refers into `value`.
std::optional<ByteView> decode_snapshot(std::string_view key, std::string_view value);

}  // namespace syncline::backend::store
