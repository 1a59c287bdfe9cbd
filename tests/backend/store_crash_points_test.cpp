// The disk dies at the first, the second, … operation of a story of appends, snapshots, retention and
// a backup, until the story ends before it. Each time: everything that was acknowledged is there, all
// of it verifies, nothing is half done.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "backend/crashing_disk.h"
#include "backend/store/backup.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "support/sanitized.h"

namespace syncline::testing {
namespace {

using log::Position;
using log::RetentionAct;

// What the story was told, so far.
struct Told {
  Position appended = 0;
  Position floor = 0;
  Position swept_to = 0;
  bool delta = false;
  bool pinned = false;
  bool held = false;
  bool backed_up = false;
};

class Story {
 public:
  Story(backend::RocksDbStore& store, Told& told)
      : store_(store), raw_(store.open_loop(loop_)), log_(*raw_, loop_), told_(told) {}

  // Stops at the first refusal.
  bool run(const std::string& backup) {
    if (!append(4) || !log_.put_snapshot("w", "a", 1, "a1") || !append(4)) return false;
    // One that makes room for another, milestones, and a delta of one that retention drops.
    if (!log_.put_snapshot("w", "a", 3, "a3") || !log_.put_snapshot("w", "a", 7, "a7"))
      return false;
    if (!log_.put_snapshot("w", "b", 4, "b4", 0) || !log_.put_delta("w", "b", 8, 4, "+b8"))
      return false;
    told_.delta = true;
    if (!log_.put_pin("w", {"p", 3, 1, "ann"})) return false;
    told_.pinned = true;
    return retain(6) && append(2) && hold() && back_up(backup) && append(2);
  }

 private:
  bool append(int count) {
    const auto head = log_.head("w");
    if (!head) return false;
    TestChain chain(*head);
    std::vector<log::EncodedEvent> events;
    for (int i = 0; i < count; ++i) {
      const Position next = chain.head().last_position + 1;
      auto event = sample_event(next % 2 == 1 ? "a" : "b", "text", 50);
      events.push_back(chain.seal(event, loop_.unix_ms()).value());
    }
    const auto appended = log_.append("w", std::move(events), head->last_position);
    if (appended) told_.appended = appended->last_position;
    return appended.has_value();
  }

  bool retain(Position floor) {
    if (!log_.raise_floor("w", floor)) return false;
    told_.floor = floor;
    for (const auto& [object, position] :
         {std::pair("a", 5), std::pair("b", 6), std::pair("a", 3), std::pair("b", 2)})
      if (!log_.put_snapshot("w", object, position, object + std::to_string(position), 0))
        return false;
    for (const Position to : {Position{2}, floor}) {
      if (!log_.drop_payloads("w", to)) return false;
      told_.swept_to = to;
    }
    return true;
  }

  bool hold() {
    log::RetentionChange hold;
    hold.act = RetentionAct::kHold;
    hold.principal = "ann";
    hold.reason = "case 7";
    told_.held = log_.change_retention("w", hold).has_value();
    return told_.held;
  }

  bool back_up(const std::string& to) {
    told_.backed_up = store_.back_up({.destination = to}).has_value();
    return told_.backed_up;
  }

  backend::RocksDbStore& store_;
  TestLoop loop_;
  std::unique_ptr<log::LoopStore> raw_;
  BlockingLog log_;
  Told& told_;
};

// There with what it extends, or gone with it.
void expect_delta(BlockingLog& log, const Told& told, bool dropped) {
  const auto newest = log.load_snapshot("w", "b");
  ASSERT_TRUE(newest.has_value()) << newest.error().message;
  EXPECT_TRUE(!*newest || (*newest)->damaged == 0);
  const bool there = *newest && (*newest)->position == 8;
  if (told.delta && !dropped) {
    EXPECT_TRUE(there);
  }
  if (dropped) {
    EXPECT_FALSE(there);
  }
  if (there) {
    EXPECT_EQ(as_text((*newest)->bytes), "+b8");
    EXPECT_EQ(as_text((*newest)->base_bytes), "b4");
  }
}

void expect_whole(backend::StoreOptions options, const Told& told) {
  auto store = backend::RocksDbStore::open(std::move(options));
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const auto verified = (*store)->verify();
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  TestLoop loop;
  const auto raw = (*store)->open_loop(loop);
  BlockingLog log(*raw, loop);
  ASSERT_GE(log.head("w")->last_position, told.appended);
  const auto retention = log.retention("w");
  ASSERT_TRUE(retention.has_value()) << retention.error().message;
  EXPECT_GE(retention->floor, told.floor);
  EXPECT_GE(retention->swept_to, told.swept_to);
  EXPECT_LE(told.held, retention->hold.has_value());
  EXPECT_EQ(log.retention_records("w")->size(), retention->hold ? 1u : 0u);
  EXPECT_LE(told.pinned, log.pin("w", "p").value().has_value());
  expect_delta(log, told, retention->swept_to >= 2);
  const auto events = log.read("w");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  for (const log::Event& event : *events) {
    // All that a drop should take, or nothing of it; and what stands for it is there.
    EXPECT_EQ(event.dropped_payload.has_value(), event.position <= retention->swept_to);
    if (!event.dropped_payload) continue;
    const std::string last = event.object == "a" ? "a5" : "b6";
    const std::string pinned = event.object == "a" ? "a3" : "b2";
    EXPECT_EQ(as_text(log.load_snapshot("w", event.object, 6).value()->bytes), last);
    EXPECT_EQ(as_text(log.load_snapshot("w", event.object, 3).value()->bytes), pinned);
  }
}

// With each snapshot in a file of its own; and with snapshots in the database, at every third operation.
class StoreCrashPoints : public ::testing::TestWithParam<std::size_t> {
 protected:
  // Over the disk that dies, so that nothing waits for a real one; also what looks afterwards.
  backend::StoreOptions options(const std::string& dir) {
    auto options = store_options(dir);
    options.env = &env_;
    options.inline_snapshot_bytes = GetParam();
    return options;
  }

  std::shared_ptr<CrashingDisk> disk_ = std::make_shared<CrashingDisk>();
  NoSleep env_{rocksdb::NewCompositeEnv(disk_)};
};

INSTANTIATE_TEST_SUITE_P(SnapshotsUpTo, StoreCrashPoints, ::testing::Values(16384, 0));

TEST_P(StoreCrashPoints, NothingIsLostOrHalfDoneWhereverTheDiskDies) {
  int crashes = 0;
  int backups = 0;
  // Release tries every operation of the longer story; a sanitizer, whose store is far slower, a sample.
  const int step = kSanitized ? 7 : GetParam() == 0 ? 1 : 3;
  for (int operation = 1;; operation += step) {
    SCOPED_TRACE(operation);
    TempDir dir;
    const std::string backup = dir.root() + "/backup";
    Told told;
    disk_->crash_at(operation);
    bool complete = false;
    if (auto store = backend::RocksDbStore::open(options(dir.path())); store.has_value())
      complete = Story(**store, told).run(backup);
    const bool crashed = disk_->crashed();
    disk_->crash_at(0);
    crashes += crashed ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(expect_whole(options(dir.path()), told));
    const bool there = std::filesystem::exists(backup);
    EXPECT_LE(told.backed_up, there);
    if (there) {
      ++backups;
      const auto checked = backend::check_backup(backup);
      ASSERT_TRUE(checked.has_value()) << checked.error().message;
      const std::string restored = dir.root() + "/restored";
      ASSERT_TRUE(backend::restore_backup(backup, options(restored)).has_value());
      ASSERT_NO_FATAL_FAILURE(
          expect_whole(options(restored),
                       {.appended = 10, .floor = 6, .swept_to = 6, .pinned = true, .held = true}));
    }
    // What was left behind is in nobody's way.
    if (operation % 10 < step && !there) {
      const auto again = backend::back_up(options(dir.path()), {.destination = backup});
      EXPECT_TRUE(again.has_value()) << again.error().message;
    }
    ASSERT_FALSE(::testing::Test::HasFailure());
    if (!crashed) {
      EXPECT_TRUE(complete);
      break;
    }
  }
  EXPECT_GT(crashes * step, 60);
  EXPECT_GT(backups, 1);
  RecordProperty("crash_points", crashes);
}

// The same for bringing one back: what is there in the end is whole, or is not there.
TEST_P(StoreCrashPoints, ARestoreIsWholeOrIsNotThere) {
  TempDir dir;
  const std::string backup = dir.root() + "/backup";
  Told told;
  {
    auto store = backend::RocksDbStore::open(options(dir.path()));
    ASSERT_TRUE(store.has_value());
    ASSERT_TRUE(Story(**store, told).run(backup));
  }
  const std::string restored = dir.root() + "/restored";
  int operation = 1;
  for (;; ++operation) {
    SCOPED_TRACE(operation);
    disk_->crash_at(operation);
    const auto done = backend::restore_backup(backup, options(restored));
    const bool crashed = disk_->crashed();
    disk_->crash_at(0);
    if (!crashed) {
      ASSERT_TRUE(done.has_value()) << done.error().message;
      break;
    }
    if (!std::filesystem::exists(restored)) continue;
    ASSERT_NO_FATAL_FAILURE(expect_whole(options(restored), {.appended = 10}));
    std::filesystem::remove_all(restored);
  }
  EXPECT_GT(operation, 10);
}

TEST(Backup, OneFlippedByteIsFoundAndHalfOnesAreRefused) {
  TempDir dir;
  const std::string backup = dir.root() + "/backup";
  {
    auto creating = store_options(dir.path());
    creating.inline_snapshot_bytes = 0;
    auto store = backend::RocksDbStore::open(creating).value();
    Told told;
    ASSERT_TRUE(Story(*store, told).run(backup));
    EXPECT_EQ(store->back_up({.destination = backup}).error().code, ErrorCode::kConflict);
  }
  const auto sound = backend::check_backup(backup);
  ASSERT_TRUE(sound.has_value()) << sound.error().message;
  EXPECT_EQ(sound->workspaces, 1u);
  EXPECT_FALSE(sound->signing_key);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(backup)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    flip_byte(entry.path(), entry.file_size() / 2);
    EXPECT_EQ(backend::check_backup(backup).error().code, ErrorCode::kCorrupt) << entry.path();
    EXPECT_FALSE(backend::restore_backup(backup, {.data_dir = dir.root() + "/x"}).has_value());
    EXPECT_FALSE(std::filesystem::exists(dir.root() + "/x"));
    flip_byte(entry.path(), entry.file_size() / 2);
  }
  ASSERT_TRUE(backend::check_backup(backup).has_value());
  // Not over what is there.
  EXPECT_EQ(backend::restore_backup(backup, {.data_dir = dir.path()}).error().code,
            ErrorCode::kConflict);
  std::filesystem::remove(backup + "/BACKUP");
  EXPECT_EQ(backend::check_backup(backup).error().code, ErrorCode::kNotFound);
}

TEST(Backup, NoneOfAWorkspaceThatIsHalfImported) {
  TempDir dir;
  const std::string backup = dir.root() + "/backup";
  auto store = open_store(dir.path());
  std::filesystem::create_directory(dir.path() + "/imports");
  const std::string half = dir.path() + "/imports/team.bundle";
  std::ofstream(half) << "whole, and not appended yet";
  EXPECT_EQ(store->back_up({.destination = backup}).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(backup));
  // What is still coming is not in the log.
  std::filesystem::rename(half, dir.path() + "/imports/team.part");
  EXPECT_TRUE(store->back_up({.destination = backup}).has_value());
}

}  // namespace
}  // namespace syncline::testing
