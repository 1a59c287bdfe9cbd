// Database: the RocksDB database below the store. Opens it, and converts its errors to ours.
//
// For this folder only. No other header uses RocksDB's types.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/rocksdb_store.h"
#include "store/blobs.h"
#include "store/contents.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend::store {

using namespace syncline::store;  // the layout, which this database implements

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

// The directory of RocksDB inside the data directory.
std::string rocksdb_dir(const std::string& data_dir);

enum class OpenMode {
  kReadWrite,
  kReadOnly,
  kSalvage,  // read-only; reads up to the first damage
};

class Database final : public Tables {
 public:
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* events = nullptr;
  rocksdb::ColumnFamilyHandle* objects = nullptr;
  rocksdb::ColumnFamilyHandle* snapshots = nullptr;
  rocksdb::ColumnFamilyHandle* tree = nullptr;
  rocksdb::ColumnFamilyHandle* meta = nullptr;

  const Blobs* content = &no_blobs();     // must outlive it
  const Blobs* file_chunks = &no_blobs();  // the same

  Database() = default;
  Database(Database&&) = default;
  Database& operator=(Database&&) = delete;
  ~Database() override;

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override;
  std::unique_ptr<Cursor> cursor(Family family, std::string_view end = {}) const override;

  const Blobs& blobs() const override { return *content; }
  const Blobs& chunks() const override { return *file_chunks; }

  rocksdb::ColumnFamilyHandle* handle(Family family) const;

  std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::ColumnFamilyHandle* family,
                                             const rocksdb::ReadOptions& options = {}) const;
};

// Opens the database in `directory` (which is not the data directory) and checks the format
// version.
Result<Database> open_database(const std::string& directory, const StoreOptions& options,
                               OpenMode mode);

// Rebuilds RocksDB's own bookkeeping in `directory` from the existing files, in place.
Result<void> rebuild_database(const std::string& directory, const StoreOptions& options);

// RocksDB maintains about a hundred counters for each thread, which nobody here reads. This turns
// them off for the calling thread.
void stop_counting();

// `what` says what was being done: "reading workspace a".
Error to_error(const rocksdb::Status& status, std::string_view what);

// A batch for `database`, which must outlive it.
class DatabaseWrites final : public Writes {
 public:
  explicit DatabaseWrites(const Database& database) : database_(database) {}

  void put(Family family, std::string_view key, std::string_view value) override;
  void remove(Family family, std::string_view key) override;
  bool empty() const override { return batch_.Count() == 0; }

  rocksdb::WriteBatch& batch() { return batch_; }

 private:
  const Database& database_;
  rocksdb::WriteBatch batch_;
};

}  // namespace syncline::backend::store
