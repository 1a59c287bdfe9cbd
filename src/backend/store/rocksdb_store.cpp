#include "backend/store/rocksdb_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "backend/store/committer.h"
#include "backend/store/database.h"
#include "backend/store/dir_lock.h"
#include "backend/store/reads.h"
#include "backend/store/verify.h"
#include "backend/store/wal_scan.h"
#include "backend/store/worker_pool.h"
#include "log/append_check.h"
#include "log/reply_gate.h"

namespace syncline::backend {

using log::Done;
using log::Event;
using log::Position;
using log::ReadLimits;

struct RocksDbStore::Impl {
  StoreOptions options;
  std::optional<store::DirLock> lock;
  std::uint64_t torn_bytes = 0;
  store::Database database;
  std::optional<store::Committer> committer;  // none when read-only
  store::WorkerPool readers;                  // last: its tasks use the database

  Impl(StoreOptions given, std::optional<store::DirLock> held, store::Database opened)
      : options(std::move(given)),
        lock(std::move(held)),
        database(std::move(opened)),
        readers(options.reader_threads) {
    if (!options.read_only) committer.emplace(database, options.data_dir, options);
  }
};

// One loop's view of the store: checks what needs no disk, hands the rest to the threads.
class RocksDbStore::Log final : public log::EventLog {
 public:
  Log(Impl& impl, Scheduler& loop) : impl_(impl), gate_(loop) {}

  void append(std::string workspace, std::vector<log::EncodedEvent> events,
              Position expected_last_position, Done<log::Appended> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_append(workspace, events, expected_last_position); !ok)
      return reply(std::unexpected(std::move(ok.error())));
    if (!impl_.committer) return reply(read_only());
    impl_.committer->submit(
        store::AppendRequest{std::move(workspace), std::move(events), std::move(reply)});
  }

  void head(std::string workspace, Done<log::Head> done) override {
    read_with(std::move(done), [workspace = std::move(workspace)](const store::Database& database) {
      return store::read_head(database, workspace);
    });
  }

  void read(std::string workspace, Position after, ReadLimits limits,
            Done<std::vector<Event>> done) override {
    read_with(std::move(done),
              [workspace = std::move(workspace), after, limits](const store::Database& database) {
                return store::read_events(database, workspace, after, limits);
              });
  }

  void read_object(std::string workspace, std::string object, Position after, ReadLimits limits,
                   Done<std::vector<Event>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), object = std::move(object), after,
                                limits](const store::Database& database) {
      return store::read_object_events(database, workspace, object, after, limits);
    });
  }

  void put_snapshot(std::string workspace, std::string object, Position position, Bytes bytes,
                    Done<void> done) override {
    auto reply = gate_.bind(std::move(done));
    if (auto ok = log::check_object_id(object); !ok) return reply(std::move(ok));
    if (bytes.size() > log::kMaxSnapshotBytes)
      return reply(fail(ErrorCode::kTooLarge, "snapshot too large"));
    if (!impl_.committer) return reply(read_only());
    impl_.committer->submit(store::SnapshotRequest{std::move(workspace), std::move(object),
                                                   position, std::move(bytes), std::move(reply)});
  }

  void load_snapshot(std::string workspace, std::string object,
                     Done<std::optional<log::Snapshot>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace),
                                object = std::move(object)](const store::Database& database) {
      return store::read_snapshot(database, workspace, object);
    });
  }

  void list_workspaces(std::string after, std::size_t limit,
                       Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [after = std::move(after), limit](const store::Database& database) {
      return store::read_workspaces(database, after, limit);
    });
  }

  void list_objects(std::string workspace, std::string prefix, std::string after, std::size_t limit,
                    Done<std::vector<std::string>> done) override {
    read_with(std::move(done), [workspace = std::move(workspace), prefix = std::move(prefix),
                                after = std::move(after), limit](const store::Database& database) {
      return store::read_objects(database, workspace, prefix, after, limit);
    });
  }

 private:
  static std::unexpected<Error> read_only() {
    return fail(ErrorCode::kUnsupported, "the data directory is opened for reading only");
  }

  // Runs `read` on a reader thread and answers with what it returns.
  template <typename T, typename Read>
  void read_with(Done<T> done, Read read) {
    impl_.readers.submit([&database = impl_.database, reply = gate_.bind(std::move(done)),
                          read = std::move(read)]() mutable { reply(read(database)); });
  }

  Impl& impl_;
  log::ReplyGate gate_;
};

namespace {

// Damage is reported with its place, and with what can be done.
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
  if (!exists) std::filesystem::create_directories(database, error);
  if (error)
    return fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", database, error.message()));
  return {};
}

std::uint64_t torn_tail_bytes(const std::string& data_dir) {
  std::uint64_t torn = 0;
  for (const std::string& path : store::list_wals(store::rocksdb_dir(data_dir)))
    if (const auto scan = store::scan_wal(path); scan && scan->end == store::WalScan::End::kTorn)
      torn += scan->file_bytes - scan->good_bytes;
  return torn;
}

}  // namespace

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open(StoreOptions options) {
  if (auto ok = prepare_directory(options); !ok) return std::unexpected(std::move(ok.error()));
  std::optional<store::DirLock> lock;
  if (!options.read_only) {
    auto taken = store::DirLock::take(options.data_dir);
    if (!taken) return std::unexpected(std::move(taken.error()));
    lock.emplace(std::move(*taken));
  }
  const std::uint64_t torn = torn_tail_bytes(options.data_dir);
  auto database = store::open_database(
      store::rocksdb_dir(options.data_dir), options,
      options.read_only ? store::OpenMode::kReadOnly : store::OpenMode::kReadWrite);
  if (!database) return std::unexpected(explain(std::move(database.error()), options));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(lock), std::move(*database));
  impl->torn_bytes = torn;
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(std::move(impl)));
}

RocksDbStore::RocksDbStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksDbStore::~RocksDbStore() = default;

std::unique_ptr<log::EventLog> RocksDbStore::open_log(Scheduler& loop) {
  return std::make_unique<Log>(*impl_, loop);
}

StoreCounters RocksDbStore::counters() const {
  return impl_->committer ? impl_->committer->counters() : StoreCounters{};
}

std::uint64_t RocksDbStore::torn_bytes() const {
  return impl_->torn_bytes;
}

Result<VerifyReport> RocksDbStore::verify(
    const std::function<bool(const VerifyProgress&)>& progress) {
  return store::verify(impl_->database, progress);
}

}  // namespace syncline::backend
