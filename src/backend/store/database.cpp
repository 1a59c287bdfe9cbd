#include "backend/store/database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>

#include <charconv>
#include <filesystem>

#include "backend/process/thread_priority.h"
#include "backend/store/database_log.h"

namespace syncline::backend::store {
namespace {

constexpr const char* kFamilyNames[] = {"default",   "events", "objects",
                                        "snapshots", "tree",   "meta"};

// After a full disk, the committer decides when to try again, instead of a thread of RocksDB.
class NoAutomaticRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

// Nobody waits for a table to be written, as long as there is room for what is not.
class BackgroundPriority final : public rocksdb::EventListener {
 public:
  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { lower_once(); }
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { lower_once(); }

 private:
  static void lower_once() {
    thread_local const bool lowered = (lower_thread_priority(), true);
    (void)lowered;
  }
};

rocksdb::DBOptions database_options(const StoreOptions& options, OpenMode mode) {
  rocksdb::DBOptions result;
  result.create_if_missing = mode == OpenMode::kReadWrite && options.create_if_missing;
  result.create_missing_column_families = result.create_if_missing;
  // RocksDB's default mode opens a log with damage in the middle without an error, and drops what
  // follows.
  result.wal_recovery_mode = mode == OpenMode::kSalvage
                                 ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                 : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // All families are flushed together, so that the tables always contain a prefix of what was
  // written.
  result.atomic_flush = true;
  result.max_total_wal_size = 4 * options.write_buffer_bytes;
  result.db_write_buffer_size = options.all_write_buffers_bytes;
  result.max_background_jobs = 2;
  if (options.max_open_tables > 0)
    result.max_open_files = static_cast<int>(options.max_open_tables);
  // RocksDB starts so many for each of the families, however few tables there are.
  result.max_file_opening_threads = 4;
  result.bytes_per_sync = 1 << 20;
  result.info_log = std::make_shared<DatabaseLog>(options.reports);
  result.max_bgerror_resume_count = 0;
  result.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  result.listeners.push_back(std::make_shared<BackgroundPriority>());
  result.avoid_flush_during_recovery = options.spare_space;
  if (options.env != nullptr) result.env = options.env;
  return result;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const StoreOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 16 << 10;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  // Most bytes are in the last level, which is compressed strongly. The levels above it are
  // compressed fast: every seek opens a block in each of their files, and what they contain is soon
  // rewritten.
  family.compression = rocksdb::kLZ4Compression;
  family.bottommost_compression = rocksdb::kZSTD;
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (const char* name : kFamilyNames) all.emplace_back(name, family);
  return all;
}

// Gives every family a table file before anything else. RocksDB's repair finds the families by
// these files, and drops the write-ahead log's content of all others.
Result<void> initialise(const Database& database) {
  rocksdb::WriteBatch batch;
  const std::vector<rocksdb::ColumnFamilyHandle*> all = {
      database.events, database.objects, database.snapshots, database.tree, database.meta};
  for (auto* family : all) batch.Put(family, id_key(kNoWorkspace), {});
  auto status = database.db->Write({}, &batch);
  if (status.ok()) status = database.db->Flush({}, all);
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (status.ok())
    status =
        database.db->Put(durable, database.meta, slice(kFormatKey), std::to_string(kFormatVersion));
  if (!status.ok()) return std::unexpected(to_error(status, "creating the database"));
  return {};
}

Result<void> check_format(const Database& database, bool writable) {
  std::string value;
  const auto status = database.db->Get({}, database.meta, slice(kFormatKey), &value);
  if (status.IsNotFound() && writable) return initialise(database);
  if (!status.ok()) return std::unexpected(to_error(status, "reading the format version"));
  std::uint64_t version = 0;
  std::from_chars(value.data(), value.data() + value.size(), version);
  if (version > kFormatVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("the data has format version {}, this build reads up to {}: "
                            "use a newer syncline",
                            value, kFormatVersion));
  if (version == 0)
    return fail(ErrorCode::kCorrupt, fmt::format("the format version \"{}\" is none", value));
  return {};
}

// RocksDB takes a directory without CURRENT for an empty one, and would start a new database over
// the data.
Result<void> check_not_beheaded(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory + "/CURRENT", error)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".sst" || entry.path().extension() == ".log")
      return fail(ErrorCode::kCorrupt,
                  fmt::format("opening {0}: {0}/CURRENT is missing", directory));
  return {};
}

class DatabaseCursor final : public Cursor {
 public:
  DatabaseCursor(const Database& database, Family family, std::string_view end)
      : end_(end), end_slice_(end_) {
    rocksdb::ReadOptions options;
    if (!end_.empty()) options.iterate_upper_bound = &end_slice_;
    iterator_ = database.iterate(database.handle(family), options);
  }

  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void seek_for_prev(std::string_view key) override { iterator_->SeekForPrev(slice(key)); }
  void next() override { iterator_->Next(); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return text(iterator_->key()); }
  std::string_view value() const override { return text(iterator_->value()); }
  Result<void> status() const override {
    if (iterator_->status().ok()) return {};
    return std::unexpected(to_error(iterator_->status(), "the database"));
  }

 private:
  const std::string end_;
  const rocksdb::Slice end_slice_;  // refers to end_; the iterator refers to this
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

std::string rocksdb_dir(const std::string& data_dir) {
  return data_dir + "/log";
}

Database::~Database() {
  if (!db) return;
  for (auto* family : {events, objects, snapshots, tree, meta})
    if (family != nullptr) db->DestroyColumnFamilyHandle(family);
}

rocksdb::ColumnFamilyHandle* Database::handle(Family family) const {
  switch (family) {
    case Family::kEvents: return events;
    case Family::kObjects: return objects;
    case Family::kSnapshots: return snapshots;
    case Family::kTree: return tree;
    case Family::kMeta: break;
  }
  return meta;
}

Result<std::optional<std::string>> Database::get(Family family, std::string_view key) const {
  std::string value;
  const auto status = db->Get({}, handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return std::unexpected(to_error(status, "the database"));
  return value;
}

std::unique_ptr<Cursor> Database::cursor(Family family, std::string_view end) const {
  return std::make_unique<DatabaseCursor>(*this, family, end);
}

std::unique_ptr<rocksdb::Iterator> Database::iterate(rocksdb::ColumnFamilyHandle* family,
                                                     const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db->NewIterator(options, family));
}

Result<Database> open_database(const std::string& directory, const StoreOptions& options,
                               OpenMode mode) {
  if (auto ok = check_not_beheaded(directory); !ok) return std::unexpected(std::move(ok.error()));
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto settings = database_options(options, mode);
  const auto status =
      mode == OpenMode::kReadWrite
          ? rocksdb::DB::Open(settings, directory, families(options), &handles, &db)
          : rocksdb::DB::OpenForReadOnly(settings, directory, families(options), &handles, &db);
  if (!status.ok()) {
    Error error = to_error(status, "opening " + directory);
    // One of its files is missing.
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kCorrupt;
    return std::unexpected(std::move(error));
  }
  Database database;
  database.db.reset(db);
  database.events = handles[1];
  database.objects = handles[2];
  database.snapshots = handles[3];
  database.tree = handles[4];
  database.meta = handles[5];
  db->DestroyColumnFamilyHandle(handles[0]);
  if (mode == OpenMode::kSalvage) return database;
  if (auto ok = check_format(database, mode == OpenMode::kReadWrite); !ok)
    return std::unexpected(ok.error());
  return database;
}

Result<void> rebuild_database(const std::string& directory, const StoreOptions& options) {
  auto all = families(options);
  const auto status = rocksdb::RepairDB(directory, database_options(options, OpenMode::kSalvage),
                                        all, all.front().options);
  if (!status.ok()) return std::unexpected(to_error(status, "rebuilding " + directory));
  return {};
}

void stop_counting() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
}

Error to_error(const rocksdb::Status& status, std::string_view what) {
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorrupt;
  if (status.IsNoSpace()) code = ErrorCode::kUnavailable;
  if (status.IsPathNotFound()) code = ErrorCode::kNotFound;
  return {code, fmt::format("{}: {}", what, status.ToString())};
}

void DatabaseWrites::put(Family family, std::string_view key, std::string_view value) {
  batch_.Put(database_.handle(family), slice(key), slice(value));
}

void DatabaseWrites::remove(Family family, std::string_view key) {
  batch_.Delete(database_.handle(family), slice(key));
}

}  // namespace syncline::backend::store
