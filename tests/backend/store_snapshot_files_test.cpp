// Large snapshots, which are files beside the database: who waits for them, when they go, what damage
// does, and who knows them.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backend/store/backup.h"
#include "backend/store/database.h"
#include "backend/store/file_blobs.h"
#include "backend/store/repair.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "base/big_endian.h"
#include "base/crc32c.h"
#include "log/blocking_log.h"
#include "store/blob_file.h"

namespace syncline::testing {
namespace {

namespace fs = std::filesystem;
using backend::RocksDbStore;

constexpr std::size_t kLargeBytes = 1 << 20;

std::string large(char letter, std::size_t size = kLargeBytes) {
  return std::string(size, letter);
}

// A disk on which the files of snapshots are slow: a write waits until it is let through. Counts the
// bytes that go to write-ahead logs.
class GatedDisk final : public rocksdb::FileSystemWrapper {
 public:
  GatedDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "GatedDisk"; }

  void close_gate() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    wake_.notify_all();
  }
  void wait_for_somebody() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return waiting_ > 0; });
  }
  std::uint64_t wal_bytes() const { return wal_bytes_; }

  // While they are stopped, removals wait.
  void stop_removals(bool on) {
    const std::lock_guard lock(mutex_);
    removals_stopped_ = on;
    wake_.notify_all();
  }

  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (fs::path(name).parent_path().filename() == "snapshots") {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return !removals_stopped_; });
    }
    return FileSystemWrapper::DeleteFile(name, options, context);
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    if (name.ends_with(".new")) {
      std::unique_lock lock(mutex_);
      ++waiting_;
      wake_.notify_all();
      wake_.wait(lock, [&] { return !closed_; });
      --waiting_;
    }
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(name, options, &file, context);
    if (status.ok() && name.ends_with(".log")) file = std::make_unique<Wal>(*this, std::move(file));
    *result = std::move(file);
    return status;
  }

 private:
  class Wal final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Wal(GatedDisk& disk, std::unique_ptr<rocksdb::FSWritableFile> file)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
      disk_.wal_bytes_ += data.size();
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* context) override {
      return Append(data, options, context);
    }

   private:
    GatedDisk& disk_;
  };

  std::mutex mutex_;
  std::condition_variable wake_;
  bool closed_ = false;
  bool removals_stopped_ = false;
  int waiting_ = 0;
  std::atomic<std::uint64_t> wal_bytes_ = 0;
};

class StoreSnapshotFiles : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override {
    disk_->open_gate();
    disk_->stop_removals(false);
  }

  void open() {
    auto options = store_options(dir_.path());
    options.env = env_.get();
    options.snapshot_queue_bytes = 3 * kLargeBytes;
    auto opened = RocksDbStore::open(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
    raw_ = store_->open_loop(loop_);
  }
  void close() {
    raw_.reset();
    store_.reset();
  }
  void reopen() {
    close();
    open();
  }
  void append(const std::string& object, int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(log().add("w", sample_event(object, "text")));
  }

  BlockingLog log() { return BlockingLog(*raw_, loop_); }
  std::string dir() const { return backend::store::blobs_dir(dir_.path()); }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(dir())) found.push_back(entry.path());
    return found;
  }

  // Removals happen after their commit, and orphans are looked for after the start.
  bool comes_to(std::size_t count) {
    return loop_.run_until([&] {
      loop_.post([] {});
      return files().size() == count;
    });
  }

  fs::path file_of(std::string_view content) const {
    return dir() + "/" + to_hex(store::blob_name(as_bytes(content)));
  }

  // Puts without waiting. Counts the answers in `answers_`.
  void put_later(const std::string& object, log::Position position, std::string content,
                 std::uint64_t since_milestone = 0, log::Position base = 0) {
    log::Snapshot snapshot{position, to_bytes(as_bytes(content)), since_milestone, 0};
    snapshot.base = base;
    raw_->snapshots().put_snapshot("w", object, std::move(snapshot),
                                   [&](Result<void> done) { answers_.push_back(std::move(done)); });
  }

  TempDir dir_;
  TestLoop loop_;
  std::shared_ptr<GatedDisk> disk_ = std::make_shared<GatedDisk>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<RocksDbStore> store_;
  std::unique_ptr<log::LoopStore> raw_;
  std::vector<Result<void>> answers_;
};

TEST_F(StoreSnapshotFiles, AreReadBackAlsoAfterARestart) {
  append("a", 4);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  ASSERT_TRUE(log().put_delta("w", "a", 4, 2, large('d')));
  ASSERT_TRUE(log().put_snapshot("w", "b", 1, "small"));
  EXPECT_EQ(files().size(), 2u);
  for (int round = 0; round < 2; ++round) {
    const auto delta = log().load_snapshot("w", "a");
    ASSERT_TRUE(delta.has_value()) << delta.error().message;
    EXPECT_EQ(as_text((*delta)->bytes), large('d'));
    EXPECT_EQ(as_text((*delta)->base_bytes), large('m'));
    EXPECT_EQ(as_text(log().load_snapshot("w", "a", 3).value()->bytes), large('m'));
    const auto report = store_->verify();
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->snapshots, 3u);
    EXPECT_TRUE(report->damaged_snapshots.empty());
    reopen();
  }
  struct stat directory {};
  ASSERT_EQ(::stat(dir().c_str(), &directory), 0);
  EXPECT_EQ(directory.st_mode & 0777, 0700u);
}

TEST_F(StoreSnapshotFiles, NobodysAppendWaitsForASnapshot) {
  append("a", 1);
  disk_->close_gate();
  put_later("a", 1, large('x'));
  disk_->wait_for_somebody();
  const std::uint64_t before = disk_->wal_bytes();
  append("b", 3);
  EXPECT_TRUE(answers_.empty());
  EXPECT_LT(disk_->wal_bytes() - before, 4096u);
  EXPECT_EQ(store_->counters().queued_snapshots, 1u);
  EXPECT_EQ(store_->counters().queued_snapshot_bytes, kLargeBytes);
  EXPECT_FALSE(log().load_snapshot("w", "a").value().has_value()) << "an entry before its file";
  disk_->open_gate();
  ASSERT_TRUE(loop_.run_until([&] { return answers_.size() == 1; }));
  EXPECT_TRUE(answers_[0].has_value());
  // Of the snapshot, only its entry was in the log.
  EXPECT_LT(disk_->wal_bytes() - before, 8192u);
  EXPECT_EQ(store_->counters().snapshot_bytes_written, kLargeBytes);
}

TEST_F(StoreSnapshotFiles, NoMoreThanTheBudgetWaits) {
  append("a", 1);
  disk_->close_gate();
  put_later("a", 1, large('0'));
  disk_->wait_for_somebody();
  for (const char letter : {'1', '2', '3', '4'}) put_later("a", 1, large(letter));
  ASSERT_TRUE(loop_.run_until([&] { return answers_.size() == 2; }));
  for (const auto& answer : answers_) EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->counters().snapshots_refused, 2u);
  EXPECT_LE(store_->counters().queued_snapshot_bytes, 3 * kLargeBytes);
  disk_->open_gate();
  ASSERT_TRUE(loop_.run_until([&] { return answers_.size() == 5; }));
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->bytes), large('2'));
  EXPECT_EQ(store_->counters().queued_snapshot_bytes, 0u);
  EXPECT_TRUE(comes_to(1));
}

TEST_F(StoreSnapshotFiles, ADeltaWaitsForItsBase) {
  append("a", 2);
  disk_->close_gate();
  put_later("a", 1, large('m'));
  put_later("a", 2, "small", 9, 1);
  append("b", 1);
  EXPECT_TRUE(answers_.empty());
  disk_->open_gate();
  ASSERT_TRUE(loop_.run_until([&] { return answers_.size() == 2; }));
  for (const auto& answer : answers_) EXPECT_TRUE(answer.has_value());
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->base_bytes), large('m'));
}

TEST_F(StoreSnapshotFiles, GoWithTheirLastEntry) {
  append("a", 4);
  ASSERT_TRUE(log().put_snapshot("w", "a", 1, large('1')));
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('2')));
  EXPECT_TRUE(comes_to(1));
  EXPECT_TRUE(fs::exists(file_of(large('2'))));
  // Ignored, and refused.
  ASSERT_TRUE(log().put_snapshot("w", "a", 1, large('3')));
  EXPECT_EQ(log().put_snapshot("w", "a", 9, large('4')).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(comes_to(1));
  // Replaced by one that needs no file.
  ASSERT_TRUE(log().put_snapshot("w", "a", 3, "small"));
  EXPECT_TRUE(comes_to(0));
  EXPECT_TRUE(loop_.run_until([&] {
    loop_.post([] {});
    return store_->counters().snapshot_files_removed == 4;
  }));
}

TEST_F(StoreSnapshotFiles, WithoutAnEntryAreRemovedAtTheNextStart) {
  append("a", 2);
  ASSERT_TRUE(log().put_snapshot("w", "a", 1, large('1')));
  close();
  // As after a crash between the file and its entry, and within the file; and what is not ours.
  fs::copy_file(file_of(large('1')), file_of(large('2')));
  std::ofstream(file_of(large('3')).string() + ".new") << "half";
  std::ofstream(dir() + "/notes") << "somebody's";
  open();
  EXPECT_TRUE(comes_to(2));
  EXPECT_TRUE(fs::exists(file_of(large('1'))));
  EXPECT_TRUE(fs::exists(dir() + "/notes"));
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->bytes), large('1'));
}

// What damage there can be to a file.
using Harm = std::function<void(const fs::path&)>;

std::vector<Harm> harms() {
  return {
      [](const fs::path& file) { fs::remove(file); },
      [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) - 1); },
      [](const fs::path& file) { fs::resize_file(file, 0); },
      [](const fs::path& file) { flip_byte(file, 3); },
      [](const fs::path& file) { flip_byte(file, store::kBlobHeadBytes + 1); },
      [](const fs::path& file) { flip_byte(file, fs::file_size(file) / 2); },
  };
}

TEST_F(StoreSnapshotFiles, ThatAreDamagedOrMissingAreDamagedSnapshots) {
  append("a", 6);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  for (const Harm& harm : harms()) {
    ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('n'), 0));
    harm(file_of(large('n')));
    const auto found = log().load_snapshot("w", "a");
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ((*found)->position, 2u);
    EXPECT_EQ((*found)->damaged, 4u);
    const auto report = store_->verify();
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->damaged_snapshots, std::vector<std::string>{"w/a at 4"});
    // What is rebuilt from the log has the same content, and is written again.
    ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('n'), 0));
    EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->bytes), large('n'));
    EXPECT_EQ(log().load_snapshot("w", "a").value()->damaged, 0u);
    EXPECT_TRUE(store_->verify()->damaged_snapshots.empty());
  }
  fs::remove(file_of(large('m')));
  fs::remove(file_of(large('n')));
  EXPECT_EQ(log().load_snapshot("w", "a").error().code, ErrorCode::kCorrupt);
}

// Checksums do not stop somebody who can compute them; the name does.
TEST_F(StoreSnapshotFiles, WithAnotherContentAreFoundByVerification) {
  append("a", 2);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  std::ofstream out(file_of(large('m')), std::ios::binary | std::ios::trunc);
  const std::string other = large('x');
  ASSERT_TRUE(store::write_blob(store::blob_name(as_bytes(large('m'))), as_bytes(other),
                                [&](ByteView piece) -> Result<void> {
                                  out << as_text(piece);
                                  return {};
                                }));
  out.close();
  const auto report = store_->verify();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->damaged_snapshots, std::vector<std::string>{"w/a at 2"});
}

TEST_F(StoreSnapshotFiles, MustBeIntactBeforePayloadsAreDropped) {
  append("a", 4);
  ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('f'), 0));
  ASSERT_TRUE(log().raise_floor("w", 4));
  for (const Harm& harm : harms()) {
    ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('f'), 0));
    harm(file_of(large('f')));
    EXPECT_EQ(log().drop_payloads("w", 4).error().code, ErrorCode::kConflict);
    const auto events = log().read("w").value();
    for (const log::Event& event : events) EXPECT_FALSE(event.dropped_payload);
  }
  ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('f'), 0));
  EXPECT_EQ(log().drop_payloads("w", 4)->events, 4u);
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->bytes), large('f'));
}

TEST_F(StoreSnapshotFiles, AreInABackupAndInWhatIsRestoredFromIt) {
  append("a", 4);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  ASSERT_TRUE(log().put_delta("w", "a", 4, 2, large('d')));
  const std::string backup = dir_.root() + "/backup";
  const auto report = store_->back_up({.destination = backup});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_GT(report->bytes, 2 * kLargeBytes);
  EXPECT_EQ(fs::status(backup).permissions(), fs::perms::owner_all);
  // Of the server's own state, nothing is needed any more.
  close();
  fs::remove_all(dir());
  const std::string restored = dir_.root() + "/restored";
  ASSERT_TRUE(backend::restore_backup(backup, store_options(restored)));
  const auto opened = open_store(restored);
  const auto raw = opened->open_loop(loop_);
  EXPECT_EQ(as_text(BlockingLog(*raw, loop_).load_snapshot("w", "a").value()->base_bytes),
            large('m'));
  EXPECT_TRUE(opened->verify()->damaged_snapshots.empty());
  // The check of a backup reads them, too.
  flip_byte(backup + "/snapshots/" + file_of(large('d')).filename().string(), 1000);
  EXPECT_EQ(backend::check_backup(backup).error().code, ErrorCode::kCorrupt);
}

// A file that is listed must not go before it is copied.
TEST_F(StoreSnapshotFiles, ABackupWaitsUntilTheOnesWithoutAnEntryAreRemoved) {
  append("a", 2);
  ASSERT_TRUE(log().put_snapshot("w", "a", 1, large('1')));
  close();
  fs::copy_file(file_of(large('1')), file_of(large('2')));
  disk_->stop_removals(true);
  open();
  const std::string backup = dir_.root() + "/backup";
  Result<backend::BackupReport> report = fail(ErrorCode::kUnavailable, "not done");
  std::atomic<bool> done = false;
  std::thread copying([&] {
    report = store_->back_up({.destination = backup});
    done = true;
  });
  for (int i = 0; i < 100 && !done; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  disk_->stop_removals(false);
  copying.join();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  std::vector<fs::path> copied;
  for (const auto& entry : fs::directory_iterator(backup + "/snapshots"))
    copied.push_back(entry.path().filename());
  EXPECT_EQ(copied, std::vector{file_of(large('1')).filename()});
}

TEST_F(StoreSnapshotFiles, StayThroughARepairIfTheyAreIntact) {
  append("a", 6);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  ASSERT_TRUE(log().put_snapshot("w", "a", 4, large('n'), 0));
  close();
  flip_byte(file_of(large('n')), 5000);
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->snapshots, 1u);
  EXPECT_EQ(report->snapshots_dropped, 1u);
  // What the damaged database names stays for whoever wants to look at it.
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(dir_.path()))
    if (entry.path().filename().string().starts_with("snapshots.damaged-"))
      for ([[maybe_unused]] const auto& file : fs::directory_iterator(entry.path())) ++kept;
  EXPECT_EQ(kept, 2u);
  open();
  EXPECT_TRUE(comes_to(1));
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->bytes), large('m'));
  EXPECT_TRUE(store_->verify()->damaged_snapshots.empty());
}

// Versions 1 to 5 of the value hold the content, however large it is.
TEST_F(StoreSnapshotFiles, ThoseOfOlderWritersAreReadAndReplaced) {
  append("a", 8);
  close();
  {
    auto database = backend::store::open_database(backend::store::rocksdb_dir(dir_.path()),
                                                  store_options(dir_.path()),
                                                  backend::store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value());
    const auto put = [&](log::Position position, char version, const std::string& head,
                         const std::string& content) {
      const std::string key = store::object_key(1, "a", position);
      std::string value(1, version);
      std::uint32_t crc = crc32c(as_bytes(key));
      if (version > 1) crc = crc32c(as_bytes(value), crc);
      put_big_endian(value, crc32c(as_bytes(head + content), crc), 4);
      ASSERT_TRUE(database->db->Put({}, database->snapshots, key, value + head + content).ok());
    };
    const std::string zero(8, '\0');
    const std::string nine = std::string(7, '\0') + '\x09';
    put(1, '\1', "", large('1'));
    put(2, '\2', zero, large('2'));
    put(4, '\4', zero + std::string("\1\3doc"), large('4'));
    put(6, '\5', nine + std::string(7, '\0') + '\4' + std::string("\1\3doc"), large('6'));
  }
  open();
  EXPECT_EQ(as_text(log().load_snapshot("w", "a", 1).value()->bytes), large('1'));
  EXPECT_EQ(as_text(log().load_snapshot("w", "a", 3).value()->bytes), large('2'));
  EXPECT_EQ(as_text(log().load_snapshot("w", "a", 5).value()->bytes), large('4'));
  const auto delta = log().load_snapshot("w", "a");
  EXPECT_EQ(as_text((*delta)->bytes), large('6'));
  EXPECT_EQ(as_text((*delta)->base_bytes), large('4'));
  EXPECT_TRUE(store_->verify()->damaged_snapshots.empty());
  EXPECT_TRUE(files().empty());
  // A new delta extends an old milestone, and replaces the old delta.
  ASSERT_TRUE(log().put_delta("w", "a", 8, 4, large('8')));
  EXPECT_EQ(files().size(), 1u);
  EXPECT_EQ(as_text(log().load_snapshot("w", "a").value()->base_bytes), large('4'));
  EXPECT_EQ(log().load_snapshot("w", "a", 7).value()->position, 4u);
}

TEST_F(StoreSnapshotFiles, AMissingListEntryIsFoundByVerification) {
  append("a", 2);
  ASSERT_TRUE(log().put_snapshot("w", "a", 2, large('m'), 0));
  close();
  {
    auto database = backend::store::open_database(backend::store::rocksdb_dir(dir_.path()),
                                                  store_options(dir_.path()),
                                                  backend::store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value());
    const std::string key =
        store::blob_key(store::blob_name(as_bytes(large('m'))), store::object_key(1, "a", 2));
    ASSERT_TRUE(database->db->Delete({}, database->meta, key).ok());
  }
  auto options = store_options(dir_.path());
  options.read_only = true;
  const auto opened = RocksDbStore::open(options);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->verify().error().check, log::Check::kIndex);
}

}  // namespace
}  // namespace syncline::testing
