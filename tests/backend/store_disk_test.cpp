// Appends while the disk is full, failing, or merely slower than what is asked of it.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "backend/store/rocksdb_store.h"
#include "backend/store_faulty_disk.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "support/recording_sink.h"

namespace syncline::testing {
namespace {

using Fault = FaultyDisk::Fault;

class StoreDisk : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    auto options = store_options(dir_.path());
    options.env = env_.get();
    options.reports = &reports_;
    options.write_buffer_bytes = write_buffer_bytes_;
    auto store = backend::RocksDbStore::open(options);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    store_ = std::move(*store);
    raw_ = store_->open_loop(loop_);
  }

  void close() {
    raw_.reset();
    store_.reset();
  }

  BlockingLog log() { return BlockingLog(*raw_, loop_); }
  Result<log::Appended> add() { return log().add("w", sample_event("a", "text", 500)); }

  std::ptrdiff_t reported(std::string_view what) const {
    return std::ranges::count_if(
        reports_.lines(), [&](const std::string& line) { return line.find(what) != line.npos; });
  }

  std::size_t write_buffer_bytes_ = std::size_t{4} << 20;
  RecordingSink reports_;
  TempDir dir_;
  TestLoop loop_;
  std::shared_ptr<FaultyDisk> disk_ = std::make_shared<FaultyDisk>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<backend::RocksDbStore> store_;
  std::unique_ptr<log::LoopStore> raw_;
};

TEST_F(StoreDisk, AFullDiskRefusesClearlyAndWorksAgainWithSpace) {
  for (int index = 0; index < 5; ++index) ASSERT_TRUE(add().has_value());
  for (int round = 0; round < 3; ++round) {
    disk_->set(Fault::kFull);
    for (int index = 0; index < 3; ++index) {
      const auto refused = add();
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().message;
      EXPECT_NE(refused.error().message.find("no space left"), std::string::npos);
    }
    EXPECT_EQ(log().read("w").value().size(), 5u + static_cast<std::size_t>(round));
    disk_->set(Fault::kNone);
    const auto stored = add();
    ASSERT_TRUE(stored.has_value()) << stored.error().message;
  }
  // One line when it begins and one when it ends, however much is refused.
  EXPECT_EQ(reported("error no space left: changes are refused"), 3);
  EXPECT_EQ(reported("info the disk takes writes again"), 3);
  close();
  open();
  EXPECT_EQ(log().read("w").value().size(), 8u);
  EXPECT_TRUE(store_->verify().has_value());
}

TEST_F(StoreDisk, AFullDiskLeavesNothingThatTheNextStartStumblesOver) {
  ASSERT_TRUE(add().has_value());
  disk_->set(Fault::kFull);
  EXPECT_FALSE(add().has_value());
  close();
  disk_->set(Fault::kNone);
  open();
  EXPECT_EQ(log().head("w").value().last_position, 1u);
  EXPECT_TRUE(add().has_value());
  EXPECT_TRUE(store_->verify().has_value());
}

// A snapshot that cannot be stored leaves nothing, and no append notices.
TEST_F(StoreDisk, AFailedFileOfASnapshotHarmsNothingElse) {
  const std::string content(100'000, 's');
  ASSERT_TRUE(add().has_value());
  for (const auto& [fault, code] : {std::pair(Fault::kFull, ErrorCode::kUnavailable),
                                    std::pair(Fault::kWriteError, ErrorCode::kIo),
                                    std::pair(Fault::kSyncError, ErrorCode::kIo)}) {
    disk_->set(fault);
    EXPECT_EQ(log().put_snapshot("w", "a", 1, content, 0).error().code, code);
    disk_->set(Fault::kNone);
    EXPECT_TRUE(std::filesystem::is_empty(dir_.path() + "/snapshots"));
    EXPECT_FALSE(log().load_snapshot("w", "a").value().has_value());
    ASSERT_TRUE(add().has_value());
  }
  ASSERT_TRUE(log().put_snapshot("w", "a", 1, content, 0));
  EXPECT_TRUE(store_->verify()->damaged_snapshots.empty());
}

void poisons(FaultyDisk& disk, Fault fault, const std::function<Result<log::Appended>()>& add,
             BlockingLog log) {
  ASSERT_TRUE(add().has_value());
  disk.set(fault);
  EXPECT_EQ(add().error().code, ErrorCode::kIo);
  disk.set(Fault::kNone);
  const int syncs = disk.syncs();
  for (int index = 0; index < 3; ++index) EXPECT_EQ(add().error().code, ErrorCode::kIo);
  EXPECT_EQ(disk.syncs(), syncs) << "a failed sync must not be tried again";
  EXPECT_EQ(log.read("w").value().size(), 1u);
}

TEST_F(StoreDisk, AFailedSyncPoisonsTheLogUntilARestart) {
  poisons(
      *disk_, Fault::kSyncError, [&] { return add(); }, log());
  EXPECT_EQ(reported("error a write or its sync failed"), 1);
  EXPECT_EQ(reported("takes writes again"), 0) << "nothing was written since";
  close();
  open();
  const auto last = log().head("w").value().last_position;
  EXPECT_TRUE(last == 1 || last == 2);  // never acknowledged: absent, or present once
  EXPECT_TRUE(add().has_value());
  EXPECT_TRUE(store_->verify().has_value());
}

TEST_F(StoreDisk, AFailedWritePoisonsTheLogUntilARestart) {
  poisons(
      *disk_, Fault::kWriteError, [&] { return add(); }, log());
  close();
  open();
  EXPECT_TRUE(add().has_value());
  EXPECT_TRUE(store_->verify().has_value());
}

// While it lives, the kernel refuses every write of this process that makes a file grow: of the log, of
// tables, and of what RocksDB writes beside them.
class NoFileGrows {
 public:
  NoFileGrows() : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit none{0, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  }
  ~NoFileGrows() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    std::signal(SIGXFSZ, signal_);
  }
  NoFileGrows(const NoFileGrows&) = delete;
  NoFileGrows& operator=(const NoFileGrows&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int);
};

// RocksDB's own log failed with the rest, and an assertion about it ended the process.
TEST_F(StoreDisk, WhenTheKernelRefusesAllWritesChangesAreRefusedAndTheProcessGoesOn) {
  ASSERT_TRUE(add().has_value());
  {
    const NoFileGrows refused;
    for (int index = 0; index < 5; ++index) EXPECT_EQ(add().error().code, ErrorCode::kIo);
    EXPECT_EQ(log().read("w").value().size(), 1u);
    close();  // as the server does then
  }
  EXPECT_EQ(reported("error a write or its sync failed"), 1);
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + "/log/LOG"));
  open();
  EXPECT_EQ(log().head("w").value().last_position, 1u);
  EXPECT_TRUE(add().has_value());
  EXPECT_TRUE(store_->verify().has_value());
}

// Most of what is appended is in no table yet when a table cannot be written.
TEST_F(StoreDisk, ATableThatCannotBeWrittenPoisonsTheLogUntilARestart) {
  close();
  write_buffer_bytes_ = 64 << 10;
  open();
  std::uint64_t stored = 0;
  disk_->set(Fault::kTableError);
  for (; stored < 5000 && add().has_value(); ++stored) {
  }
  EXPECT_GT(stored, 0u);
  ASSERT_LT(stored, 5000u) << "no table was written";
  EXPECT_EQ(add().error().code, ErrorCode::kIo);
  // RocksDB says so, too.
  EXPECT_GT(reported("RocksDB"), 0);
  EXPECT_EQ(log().read("w").value().size(), stored);
  close();
  disk_->set(Fault::kNone);
  open();
  EXPECT_EQ(log().read("w").value().size(), stored);
  EXPECT_TRUE(add().has_value());
  EXPECT_TRUE(store_->verify().has_value());
}

TEST_F(StoreDisk, AppendsUnderWayShareOneSync) {
  constexpr int kAppends = 400;
  TestChain chain;
  int answered = 0;
  const int syncs_before = disk_->syncs();
  for (int index = 0; index < kAppends; ++index) {
    auto event = sample_event("a", "text");
    const auto expected = chain.head().last_position;
    std::vector<log::EncodedEvent> events;
    events.push_back(chain.seal(event, loop_.unix_ms()).value());
    raw_->events().append("w", {.events = std::move(events), .after = expected},
                          [&](Result<log::Appended> result) {
                            EXPECT_TRUE(result.has_value());
                            ++answered;
                          });
  }
  ASSERT_TRUE(loop_.run_until([&] { return answered == kAppends; }));
  const auto counters = store_->counters();
  EXPECT_EQ(counters.appends, std::uint64_t{kAppends});
  EXPECT_EQ(counters.events, std::uint64_t{kAppends});
  EXPECT_LT(counters.commits, std::uint64_t{kAppends / 4});
  EXPECT_EQ(static_cast<std::uint64_t>(disk_->syncs() - syncs_before), counters.commits);
  EXPECT_EQ(counters.commit_us.count(), counters.commits);
  EXPECT_EQ(counters.sync_us.count(), counters.commits);
  EXPECT_EQ(counters.commit_events.sum(), counters.events);
  EXPECT_EQ(counters.commit_bytes.sum(), counters.bytes);
  EXPECT_EQ(counters.queued_requests, 0u);
  EXPECT_EQ(counters.queued_bytes, 0u);
}

// Also when the committer has let appends gather before: it must be woken for the next one.
TEST_F(StoreDisk, AnAppendAfterARestIsCommittedAtOnce) {
  using namespace std::chrono;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(add());
  auto fastest = steady_clock::duration::max();
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    const auto begin = steady_clock::now();
    ASSERT_TRUE(add());
    fastest = std::min(fastest, steady_clock::now() - begin);
  }
  EXPECT_LT(fastest, milliseconds(500)) << "the committer looks once a second by itself";
}

// An owner takes the first failure for the end of what is stored, and reads the log anew.
TEST_F(StoreDisk, ARefusalOfTooMuchIsAnsweredInItsTurn) {
  close();
  auto options = store_options(dir_.path());
  options.env = env_.get();
  options.queue_bytes = 4000;
  store_ = backend::RocksDbStore::open(options).value();
  raw_ = store_->open_loop(loop_);
  constexpr int kAppends = 200;
  TestChain chain;
  std::vector<std::vector<log::EncodedEvent>> batches(kAppends);
  for (auto& batch : batches) {
    auto event = sample_event("a", "text", 1000);
    batch.push_back(chain.seal(event, loop_.unix_ms()).value());
  }
  std::vector<Result<log::Appended>> answers;
  for (int index = 0; index < kAppends; ++index) {
    raw_->events().append(
        "w",
        {.events = std::move(batches[static_cast<std::size_t>(index)]),
         .after = static_cast<log::Position>(index)},
        [&](Result<log::Appended> result) { answers.push_back(std::move(result)); });
  }
  ASSERT_TRUE(loop_.run_until([&] { return answers.size() == kAppends; }));
  const auto first = std::ranges::find_if(answers, [](const auto& each) { return !each; });
  ASSERT_NE(first, answers.end()) << "nothing was refused";
  EXPECT_EQ(first->error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(std::none_of(first, answers.end(), [](const auto& each) { return each; }))
      << "an append was stored after the refusal of one before it";
  EXPECT_EQ(log().head("w").value().last_position,
            static_cast<log::Position>(first - answers.begin()));
}

// Several loops on threads of their own over one store.
TEST_F(StoreDisk, LoopsShareTheStore) {
  constexpr int kLoops = 3;
  constexpr int kAppends = 100;
  std::vector<std::thread> threads;
  for (int number = 0; number < kLoops; ++number)
    threads.emplace_back([&, number] {
      TestLoop loop;
      auto raw = store_->open_loop(loop);
      BlockingLog log(*raw, loop);
      const std::string workspace = "loop" + std::to_string(number);
      for (int index = 0; index < kAppends; ++index) {
        ASSERT_TRUE(log.add(workspace, sample_event("a", "text")).has_value());
        if (index % 10 == 0) {
          ASSERT_TRUE(
              log.put_snapshot(workspace, "a", static_cast<log::Position>(index), "s").has_value());
          ASSERT_TRUE(log.read_object(workspace, "a").has_value());
        }
      }
      EXPECT_EQ(log.read(workspace).value().size(), std::size_t{kAppends});
    });
  for (auto& thread : threads) thread.join();
  const auto verified = store_->verify();
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->events, std::uint64_t{kLoops * kAppends});
}

// A file system of a few megabytes, filled for real. Needs the right to mount.
TEST(StoreFullDisk, ARealFullDiskRefusesClearlyAndWorksAgainWithSpace) {
  TempDir dir;
  std::filesystem::create_directory(dir.path());
  if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=24m") != 0)
    GTEST_SKIP() << "may not mount a file system here";
  {
    TestLoop loop;
    auto store = open_store(dir.path());
    auto raw = store->open_loop(loop);
    BlockingLog log(*raw, loop);
    ASSERT_TRUE(log.add("w", sample_event("a", "first")).has_value());
    const std::string ballast = dir.path() + "/ballast";
    {
      std::ofstream file(ballast);
      const std::string block(1 << 16, 'x');
      while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
      }
    }
    const auto refused = log.add("w", sample_event("a", "text"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().message;
    EXPECT_EQ(log.read("w").value().size(), 1u);
    std::filesystem::remove(ballast);
    const auto stored = log.add("w", sample_event("a", "second"));
    ASSERT_TRUE(stored.has_value()) << stored.error().message;
    EXPECT_TRUE(store->verify().has_value());
  }
  EXPECT_EQ(::umount(dir.path().c_str()), 0);
}

}  // namespace
}  // namespace syncline::testing
