// What very many workspaces cost: opening their directory, and writing to them. What depends on time is
// measured by bench/log_bench.cpp and bench/workspaces_bench.cpp.
//
//   export SYNCLINE_STORE_WORKSPACES=100000
//   build/release/tests/test_backend --gtest_filter='StoreScale*'
//
// prints figures; the tests by themselves take less.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "backend/store/database.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "store/group_commit.h"

namespace syncline::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t wanted(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A figure of /proc/self/io or /proc/self/status, by its name.
std::uint64_t proc_figure(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string word; lines >> word;) {
    std::uint64_t value = 0;
    if (word == name && lines >> value) return value;
  }
  return 0;
}

// Counts what is read.
class CountingDisk final : public rocksdb::FileSystemWrapper {
 public:
  CountingDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "CountingDisk"; }
  std::uint64_t bytes() const { return bytes_; }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    auto status = target()->NewRandomAccessFile(name, options, &file, context);
    if (status.ok()) *result = std::make_unique<File>(bytes_, std::move(file));
    return status;
  }

 private:
  class File final : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    File(std::atomic<std::uint64_t>& bytes, std::unique_ptr<rocksdb::FSRandomAccessFile> file)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), bytes_(bytes) {}
    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* context) const override {
      bytes_ += size;
      return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, context);
    }

   private:
    std::atomic<std::uint64_t>& bytes_;
  };

  std::atomic<std::uint64_t> bytes_ = 0;
};

std::string scale_name(std::size_t workspace) {
  return fmt::format("workspace-{:06}", workspace);
}

void fill(const std::string& dir, std::size_t workspaces) {
  auto options = store_options(dir);
  options.write_buffer_bytes = 256 << 10;  // so that most of it is in tables
  auto store = backend::RocksDbStore::open(options);
  ASSERT_TRUE(store.has_value());
  TestLoop loop;
  const auto log = (*store)->open_loop(loop);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < workspaces; ++i) {
    TestChain chain;
    std::vector<log::EncodedEvent> events;
    for (int j = 0; j < 3; ++j) {
      auto event = sample_event("notes", "", 60);
      events.push_back(chain.seal(event, loop.unix_ms()).value());
    }
    log->events().append(scale_name(i), {.events = std::move(events)},
                         [&](Result<log::Appended> done) {
                           ASSERT_TRUE(done.has_value()) << done.error().message;
                           ++answered;
                         });
    if (i % 1000 != 0) continue;
    ASSERT_TRUE(loop.run_until([&] { return answered == i + 1; }, 120));
  }
  ASSERT_TRUE(loop.run_until([&] { return answered == workspaces; }, 120));
}

struct Opened {
  std::uint64_t read = 0;  // of tables
  double seconds = 0;
  std::uint64_t resident_kib = 0;  // grown by
};

Opened open_and_use_one(const std::string& dir, std::size_t workspaces) {
  const auto disk = std::make_shared<CountingDisk>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  auto options = store_options(dir);
  options.env = env.get();
  const std::uint64_t before = proc_figure("/proc/self/status", "VmRSS:");
  const auto start = Clock::now();
  auto store = backend::RocksDbStore::open(options);
  EXPECT_TRUE(store.has_value());
  Opened opened{.seconds = seconds_since(start)};
  TestLoop loop;
  const auto log = (*store)->open_loop(loop);
  EXPECT_EQ(BlockingLog(*log, loop).head(scale_name(workspaces / 2))->last_position, 3u);
  opened.read = disk->bytes();
  opened.resident_kib = proc_figure("/proc/self/status", "VmRSS:");
  opened.resident_kib -= std::min(before, opened.resident_kib);
  return opened;
}

TEST(StoreScale, OpeningCostsNothingPerWorkspace) {
  const std::size_t many = wanted("SYNCLINE_STORE_WORKSPACES", 6000);
  constexpr std::size_t kFew = 1500;
  TempDir small;
  ASSERT_NO_FATAL_FAILURE(fill(small.path(), kFew));
  const Opened few = open_and_use_one(small.path(), kFew);
  TempDir large;
  ASSERT_NO_FATAL_FAILURE(fill(large.path(), many));
  const Opened opened = open_and_use_one(large.path(), many);
  fmt::print("{} workspaces: opened in {:.0f} ms, {} KiB read, {} KiB of memory\n", many,
             1e3 * opened.seconds, opened.read >> 10, opened.resident_kib);
  fmt::print("{} workspaces: opened in {:.0f} ms, {} KiB read, {} KiB of memory\n", kFew,
             1e3 * few.seconds, few.read >> 10, few.resident_kib);
  // Footers, indexes and filters, a block or two: far less than a block for each workspace.
  EXPECT_LT(opened.read, few.read + many * 100);
}

// The committer remembers the edges of the trees of workspaces lately written: under a budget.
TEST(StoreScale, RememberedTreesStayUnderTheirBudget) {
  TempDir dir;
  auto database = backend::store::open_database(dir.root(), store_options(dir.path()),
                                                backend::store::OpenMode::kReadWrite);
  ASSERT_TRUE(database.has_value()) << database.error().message;
  syncline::store::GroupCommit commit(*database);
  constexpr int kEvents = 130;
  std::size_t most = 0;
  std::size_t appended = 0;
  TestChain chain;
  std::vector<log::EncodedEvent> events;
  for (int i = 0; i < kEvents; ++i) {
    auto event = sample_event("notes", "", 1);
    events.push_back(chain.seal(event, 1'700'000'000'000).value());
  }
  for (int batch = 0; batch < 25; ++batch) {
    std::vector<syncline::store::Request> requests;
    for (int i = 0; i < 100; ++i)
      requests.push_back(syncline::store::AppendRequest{
          .workspace = scale_name(static_cast<std::size_t>(batch * 100 + i)),
          .append = {.events = events},
          .done = [&](Result<log::Appended> done) { appended += done ? 1 : 0; }});
    backend::store::DatabaseWrites writes(*database);
    auto staged = commit.stage(std::move(requests), {}, writes);
    ASSERT_TRUE(database->db->Write({}, &writes.batch()).ok());
    commit.finish(std::move(staged), {});
    most = std::max(most, commit.tree_bytes());
  }
  EXPECT_EQ(appended, 2500u);
  EXPECT_GT(most, std::size_t{12} << 20);
  EXPECT_LT(most, std::size_t{18} << 20);
}

}  // namespace
}  // namespace syncline::testing
