#include "backend/store/database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <charconv>
#include <filesystem>

#include "base/crc32c.h"
#include "log/read_check.h"

namespace syncline::backend::store {
namespace {

constexpr const char* kFamilies[] = {"default", "events", "objects", "snapshots", "meta"};

// After a full disk the committer decides when to try again, not a thread of RocksDB's own.
class NoAutomaticRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::DBOptions database_options(const StoreOptions& options, OpenMode mode) {
  rocksdb::DBOptions result;
  result.create_if_missing = mode == OpenMode::kReadWrite && options.create_if_missing;
  result.create_missing_column_families = result.create_if_missing;
  // The default would open without a word over damage in the middle of the log, and drop what
  // follows.
  result.wal_recovery_mode = mode == OpenMode::kSalvage
                                 ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                 : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // All families reach the tables together: what is there is always a prefix of what was written.
  result.atomic_flush = true;
  result.max_total_wal_size = 4 * options.write_buffer_bytes;
  result.max_background_jobs = 2;
  result.bytes_per_sync = 1 << 20;
  result.keep_log_file_num = 4;
  result.info_log_level = rocksdb::WARN_LEVEL;
  result.max_bgerror_resume_count = 0;
  result.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
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
  family.compression = rocksdb::kZSTD;
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (const char* name : kFamilies) all.emplace_back(name, family);
  return all;
}

// Gives every family a table file of its own before anything else: RocksDB's repair learns from
// them which families there are, and drops what the write-ahead log holds for any other.
Result<void> initialise(const Database& database) {
  rocksdb::WriteBatch batch;
  const std::vector<rocksdb::ColumnFamilyHandle*> all = {database.events, database.objects,
                                                         database.snapshots, database.meta};
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

// RocksDB takes a directory without CURRENT for an empty one, and would begin anew over the data.
Result<void> check_not_beheaded(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory + "/CURRENT", error)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".sst" || entry.path().extension() == ".log")
      return fail(ErrorCode::kCorrupt,
                  fmt::format("opening {0}: {0}/CURRENT is missing", directory));
  return {};
}

}  // namespace

std::string rocksdb_dir(const std::string& data_dir) {
  return data_dir + "/log";
}

Database::~Database() {
  if (!db) return;
  for (auto* family : {events, objects, snapshots, meta})
    if (family != nullptr) db->DestroyColumnFamilyHandle(family);
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
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kCorrupt;  // one of its files
    return std::unexpected(std::move(error));
  }
  Database database;
  database.db.reset(db);
  database.events = handles[1];
  database.objects = handles[2];
  database.snapshots = handles[3];
  database.meta = handles[4];
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

Error to_error(const rocksdb::Status& status, std::string_view what) {
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorrupt;
  if (status.IsNoSpace()) code = ErrorCode::kUnavailable;
  if (status.IsPathNotFound()) code = ErrorCode::kNotFound;
  return {code, fmt::format("{}: {}", what, status.ToString())};
}

Result<std::optional<WorkspaceId>> find_workspace(const Database& database, std::string_view name) {
  rocksdb::PinnableSlice value;
  const auto status = database.db->Get({}, database.meta, workspace_key(name), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok())
    return std::unexpected(to_error(status, fmt::format("reading workspace {}", name)));
  const auto id = parse_id(text(value));
  if (!id) return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: entry damaged", name));
  return id;
}

Result<log::Head> stored_head(const Database& database, std::string_view name, WorkspaceId id) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto iterator = database.iterate(database.events, options);
  iterator->SeekForPrev(event_key(id, ~log::Position{0}));
  if (!iterator->status().ok())
    return std::unexpected(
        to_error(iterator->status(), fmt::format("reading the end of workspace {}", name)));
  const auto missing = [&] {
    return fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event 1: missing", name));
  };
  if (!iterator->Valid() || parse_id(text(iterator->key())) != id) return missing();
  const auto position = parse_event_key(text(iterator->key()));
  if (!position) return missing();
  auto event = log::decode_stored(name, *position, bytes(iterator->value()));
  if (!event) return std::unexpected(std::move(event.error()));
  return log::Head{event->position, event->hash, event->hlc};
}

std::string encode_snapshot(std::string_view key, ByteView state) {
  const std::uint32_t crc = crc32c(state, crc32c(as_bytes(key)));
  std::string value(1, '\1');
  for (int shift = 24; shift >= 0; shift -= 8) value.push_back(static_cast<char>(crc >> shift));
  return value.append(as_text(state));
}

std::optional<ByteView> decode_snapshot(std::string_view key, std::string_view value) {
  if (value.size() < 5 || value[0] != '\1') return std::nullopt;
  const ByteView state = as_bytes(value.substr(5));
  const auto crc = parse_id(value.substr(1));  // the same four big-endian bytes
  if (crc != crc32c(state, crc32c(as_bytes(key)))) return std::nullopt;
  return state;
}

}  // namespace syncline::backend::store
