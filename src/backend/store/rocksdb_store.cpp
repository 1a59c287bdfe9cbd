#include "backend/store/rocksdb_store.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <utility>

#include "backend/store/backup_copy.h"
#include "backend/store/chunk_writer.h"
#include "backend/store/committer.h"
#include "backend/store/database.h"
#include "backend/store/dir_lock.h"
#include "backend/store/disk_reserve.h"
#include "backend/store/file_blobs.h"
#include "backend/store/purge.h"
#include "backend/store/snapshot_writer.h"
#include "backend/store/verify.h"
#include "backend/store/wal_scan.h"
#include "backend/store/worker_pool.h"
#include "store/store_log.h"

namespace syncline::backend {

struct RocksDbStore::Impl final : public syncline::store::StoreEngine {
  StoreOptions options;
  std::optional<store::DirLock> lock;
  std::uint64_t torn_bytes = 0;
  MadePrivate made_private;
  std::atomic<bool> backing_up = false;
  store::FileBlobs blobs;
  store::FileBlobs file_chunks;
  store::Database database;
  std::unique_ptr<store::DiskReserve> reserve;       // nullptr if read-only
  std::unique_ptr<store::SnapshotWriter> snapshots;  // nullptr if read-only
  std::unique_ptr<store::ChunkWriter> chunks;        // nullptr if read-only
  std::optional<store::Committer> committer;         // empty if read-only
  store::WorkerPool readers;                         // last, because its tasks use the database

  Impl(StoreOptions given, std::optional<store::DirLock> held, store::Database opened,
       std::unique_ptr<store::DiskReserve> disk_reserve)
      : options(std::move(given)),
        lock(std::move(held)),
        blobs(store::blobs_dir(options.data_dir), options.env),
        file_chunks(store::chunks_dir(options.data_dir), options.env),
        database(std::move(opened)),
        reserve(std::move(disk_reserve)),
        readers(options.reader_threads) {
    database.content = &blobs;
    database.file_chunks = &file_chunks;
    if (!reserve) return;
    committer.emplace(database, *reserve, options,
                      [this](const auto& released, syncline::store::ReleasedFiles files) {
                        snapshots->release(released);
                        chunks->release(std::move(files));
                      });
    snapshots = std::make_unique<store::SnapshotWriter>(
        database, blobs, *reserve, options,
        [this](store::Request request) { committer->submit(std::move(request)); });
    chunks = std::make_unique<store::ChunkWriter>(
        database, file_chunks, *reserve,
        [this](store::Request request) { committer->submit(std::move(request)); });
    chunks->start();
  }

  // The writers need the committer to end their work. After that, the committer may still name files to be removed; the
  // next start removes them.
  ~Impl() override {
    if (snapshots) snapshots->stop();
    if (chunks) chunks->stop();
  }

  void put_snapshot(store::SnapshotRequest request) override { snapshots->put(std::move(request)); }
  void store_chunk(store::ChunkRequest request) override { chunks->put(std::move(request)); }
  void submit(store::Request request) override { committer->submit(std::move(request)); }
  void read(Read read) override {
    readers.submit([this, read = std::move(read)]() mutable {
      store::stop_counting();
      read(database);
    });
  }
  // A reader does it, at the low priority of compactions.
  void purge(std::vector<syncline::store::KeyRange> ranges, log::Done<void> done) override {
    readers.submit([this, ranges = std::move(ranges), done = std::move(done)]() mutable {
      store::stop_counting();
      done(store::purge(database, ranges));
    });
  }
  bool read_only() const override { return !committer; }
};

namespace {

// Adds to a damage error its place and what the operator can do.
Error explain(Error error, const StoreOptions& options) {
  if (error.code != ErrorCode::kCorrupt) return error;
  for (const std::string& path : store::list_wals(store::rocksdb_dir(options.data_dir))) {
    const auto scan = store::scan_wal(path);
    if (scan && scan->end == store::WalScan::End::kDamaged)
      error.message += fmt::format("; {} is damaged at byte {} of {}, after {} whole batches", path,
                                   scan->good_bytes, scan->file_bytes, scan->batches);
  }
  error.message +=
      fmt::format(". Nothing was changed. Keep a copy, then: syncline log repair --data-dir {}",
                  options.data_dir);
  return error;
}

Result<void> prepare_directory(const StoreOptions& options) {
  std::error_code error;
  const std::string database = store::rocksdb_dir(options.data_dir);
  const bool exists = std::filesystem::exists(database, error);
  if (!exists && (options.read_only || !options.create_if_missing))
    return fail(ErrorCode::kNotFound, fmt::format("{} is no data directory", options.data_dir));
  return exists ? Result<void>() : create_private_directory(database);
}

Result<void> change_first(store::Database& database, const StoreOptions& options) {
  for (bool more = static_cast<bool>(options.change_first); more;) {
    store::DatabaseWrites writes(database);
    const auto staged = options.change_first(database, writes);
    if (!staged) return std::unexpected(staged.error());
    more = *staged;
    if (writes.empty()) continue;
    rocksdb::WriteOptions durable;
    durable.sync = true;
    if (const auto status = database.db->Write(durable, &writes.batch()); !status.ok())
      return std::unexpected(store::to_error(status, "changing the store before it is used"));
  }
  return {};
}

// kCorrupt if something looks like an interrupted write and is not.
Result<std::uint64_t> torn_tail_bytes(const std::string& data_dir) {
  std::uint64_t torn = 0;
  for (const std::string& path : store::list_wals(store::rocksdb_dir(data_dir))) {
    const auto scan = store::scan_wal(path);
    if (scan && scan->buried)
      return fail(ErrorCode::kCorrupt, "whole records lie behind what looks like the end");
    if (scan && scan->end == store::WalScan::End::kTorn)
      torn += scan->file_bytes - scan->good_bytes;
  }
  return torn;
}

}  // namespace

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open(StoreOptions options) {
  if (auto ok = prepare_directory(options); !ok) return std::unexpected(std::move(ok.error()));
  std::optional<store::DirLock> lock;
  MadePrivate made_private;
  std::unique_ptr<store::DiskReserve> reserve;
  if (!options.read_only) {
    auto taken = store::DirLock::take(options.data_dir);
    if (!taken) return std::unexpected(std::move(taken.error()));
    lock.emplace(std::move(*taken));
    made_private = make_private(options.data_dir);
    reserve = std::make_unique<store::DiskReserve>(options.data_dir, options.min_free_bytes,
                                                   options.reserve_bytes);
    options.spare_space = !reserve->accepts_all();
  }
  const auto torn = torn_tail_bytes(options.data_dir);
  if (!torn) return std::unexpected(explain(torn.error(), options));
  auto database = store::open_database(
      store::rocksdb_dir(options.data_dir), options,
      options.read_only ? store::OpenMode::kReadOnly : store::OpenMode::kReadWrite);
  if (!database) return std::unexpected(explain(std::move(database.error()), options));
  if (!options.read_only) {
    for (const std::string& directory :
         {store::blobs_dir(options.data_dir), store::chunks_dir(options.data_dir)}) {
      store::FileBlobs files(directory, options.env);
      if (auto ok = files.prepare(); !ok) return std::unexpected(std::move(ok.error()));
    }
    if (auto ok = change_first(*database, options); !ok)
      return std::unexpected(std::move(ok.error()));
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(lock), std::move(*database),
                                     std::move(reserve));
  impl->torn_bytes = *torn;
  impl->made_private = made_private;
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(std::move(impl)));
}

RocksDbStore::RocksDbStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksDbStore::~RocksDbStore() = default;

std::unique_ptr<log::LoopStore> RocksDbStore::open_loop(Scheduler& loop) {
  return impl_->open_loop(loop);
}

const syncline::store::Tables& RocksDbStore::tables() const {
  return impl_->database;
}

StoreCounters RocksDbStore::counters() const {
  StoreCounters counters = impl_->committer ? impl_->committer->counters() : StoreCounters{};
  if (impl_->snapshots) impl_->snapshots->count(counters);
  counters.queued_reads = impl_->readers.waiting();
  rocksdb::DB& db = *impl_->database.db;
  db.GetIntProperty(impl_->database.events, rocksdb::DB::Properties::kBlockCacheUsage,
                    &counters.cache_bytes);  // all families share it
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables,
                              &counters.unwritten_bytes);
  return counters;
}

Result<void> RocksDbStore::has_room() const {
  if (!impl_->reserve || impl_->reserve->accepts_all()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("the disk is full: nothing is stored until {} MiB are free",
                          impl_->reserve->enough_bytes() >> 20));
}

std::uint64_t RocksDbStore::torn_bytes() const {
  return impl_->torn_bytes;
}

MadePrivate RocksDbStore::made_private() const {
  return impl_->made_private;
}

Result<BackupReport> RocksDbStore::back_up(const BackupOptions& backup) {
  if (impl_->backing_up.exchange(true))
    return fail(ErrorCode::kConflict, "another backup is being written");
  std::optional<store::SnapshotWriter::Hold> hold;  // no file goes that the copy names
  std::optional<store::ChunkWriter::Hold> chunk_hold;
  if (impl_->snapshots) hold.emplace(*impl_->snapshots);
  if (impl_->chunks) chunk_hold.emplace(*impl_->chunks);
  auto report = store::copy_database(impl_->database, impl_->options, backup);
  impl_->backing_up = false;
  return report;
}

log::Checked<VerifyReport> RocksDbStore::verify(
    const std::function<bool(const VerifyProgress&)>& progress, const VerifyOptions& options) {
  return store::verify(impl_->database, options, progress);
}

}  // namespace syncline::backend
