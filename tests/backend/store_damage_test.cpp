// What a broken disk, a full one or a second process does to the embedded store.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "backend/store/database.h"
#include "backend/store/repair.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store/wal_scan.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "store/retention.h"

namespace syncline::testing {
namespace {

namespace fs = std::filesystem;
namespace store = backend::store;
using backend::RocksDbStore;

class StoreDamage : public ::testing::Test {
 protected:
  // Appends `count` events to "w", one commit each, and closes the store.
  void fill(int count, std::size_t payload = 100) {
    with_store([&](BlockingLog& log, RocksDbStore&) {
      for (int index = 0; index < count; ++index)
        ASSERT_TRUE(log.add("w", sample_event("a", std::to_string(index), payload)).has_value());
    });
  }

  void with_store(const std::function<void(BlockingLog&, RocksDbStore&)>& use) {
    auto options = store_options(dir_.path());
    options.inline_snapshot_bytes = inline_snapshot_bytes_;
    auto store = RocksDbStore::open(options);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    auto raw = (*store)->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    use(log, **store);
  }

  Error open_error() {
    const auto store = RocksDbStore::open(store_options(dir_.path()));
    EXPECT_FALSE(store.has_value());
    return store ? Error{} : store.error();
  }

  log::Position last_position() {
    log::Position last = 0;
    with_store([&](BlockingLog& log, RocksDbStore& store) {
      const auto head = log.head("w");
      ASSERT_TRUE(head.has_value()) << head.error().message;
      last = head->last_position;
      EXPECT_EQ(log.read("w").value().size(), last);
      const auto verified = store.verify();
      EXPECT_TRUE(verified.has_value()) << verified.error().message;
    });
    return last;
  }

  std::size_t inline_snapshot_bytes_ = std::size_t{16} << 10;
  TempDir dir_;
  TestLoop loop_;
};

TEST_F(StoreDamage, ATornTailIsDroppedAndReported) {
  fill(50);
  const auto wal = find_file(dir_.path(), ".log");
  fs::resize_file(wal, fs::file_size(wal) - 9);
  const auto scan = backend::store::scan_wal(wal).value();
  EXPECT_EQ(scan.end, backend::store::WalScan::End::kTorn);
  with_store([&](BlockingLog& log, RocksDbStore& store) {
    EXPECT_EQ(store.torn_bytes(), scan.file_bytes - scan.good_bytes);
    EXPECT_EQ(log.head("w")->last_position, 49u);
    ASSERT_TRUE(log.add("w", sample_event("a", "goes on")).has_value());
  });
  EXPECT_EQ(last_position(), 50u);
}

TEST_F(StoreDamage, DamageInTheMiddleOfTheWalIsRefusedAndRepaired) {
  fill(100);
  const auto wal = find_file(dir_.path(), ".log");
  const auto size = fs::file_size(wal);
  flip_byte(wal, size / 2);
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt) << error.message;
  EXPECT_NE(error.message.find(wal.filename().string()), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("is damaged at byte"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("syncline log repair --data-dir " + dir_.path()), std::string::npos);
  EXPECT_EQ(fs::file_size(wal), size);

  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_GT(report->events, 20u);
  EXPECT_LT(report->events, 60u);
  EXPECT_GT(report->wal_bytes_dropped, 0u);
  EXPECT_TRUE(fs::exists(fs::path(report->damaged_dir) / wal.filename()));
  EXPECT_EQ(fs::file_size(fs::path(report->damaged_dir) / wal.filename()), size);
  EXPECT_EQ(last_position(), report->events);
}

// RocksDB takes a record whose length reaches past the end of the file for an interrupted write, and drops
// it and all that follow.
TEST_F(StoreDamage, ALengthThatIsDamagedIsNoTornTail) {
  fill(30);
  const auto wal = find_file(dir_.path(), ".log");
  const auto sound = backend::store::scan_wal(wal).value();
  const auto size = fs::file_size(wal);
  int refused = 0;
  for (std::uintmax_t at = 0; at < size; at += 1) {
    flip_byte(wal, at);
    const auto scan = backend::store::scan_wal(wal).value();
    if (scan.end == backend::store::WalScan::End::kTorn) {
      EXPECT_GE(scan.batches + 1, sound.batches) << at;  // the last record's own length
    }
    if (scan.buried && refused++ == 0) {
      const Error error = open_error();
      EXPECT_EQ(error.code, ErrorCode::kCorrupt);
      EXPECT_NE(error.message.find("is damaged at byte"), std::string::npos) << error.message;
    }
    flip_byte(wal, at);
  }
  EXPECT_GT(refused, 5);
  EXPECT_EQ(last_position(), 30u);
}

// Every event reaches a table file, so that the write-ahead log holds nothing of interest.
void fill_tables(BlockingLog& log) {
  for (int index = 0; index < 600; ++index) {
    auto event = sample_event("a", std::to_string(index));
    for (std::uint32_t word = 0, state = static_cast<std::uint32_t>(index); word < 12000; ++word) {
      state = state * 1664525 + 1013904223;  // does not compress
      event.intent.push_back(static_cast<std::uint8_t>(state >> 24));
    }
    ASSERT_TRUE(log.add("w", event).has_value());
  }
}

TEST_F(StoreDamage, DamageInATableIsNeverServed) {
  with_store([&](BlockingLog& log, RocksDbStore&) {
    fill_tables(log);
    ASSERT_TRUE(log.add("other", sample_event("a", "unaffected")).has_value());
  });
  std::uintmax_t largest = 0;
  fs::path victim;
  // On a busy machine, the events may still be in the write-ahead log only; opening the store writes their table.
  for (int opened = 0; largest < (1u << 20) && opened < 3; ++opened) {
    with_store([](BlockingLog&, RocksDbStore&) {});
    for (const auto& entry : fs::directory_iterator(find_file(dir_.path(), ".sst").parent_path()))
      if (entry.path().extension() == ".sst" && entry.file_size() > largest) {
        largest = entry.file_size();
        victim = entry.path();
      }
  }
  flip_byte(victim, largest / 2);
  with_store([&](BlockingLog& log, RocksDbStore& store) {
    const auto verified = store.verify();
    ASSERT_FALSE(verified.has_value());
    EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(verified.error().message.find("workspace w, event "), std::string::npos)
        << verified.error().message;
    log::Position last = 0;
    for (;;) {
      const auto events = log.read("w", last);
      if (!events) {
        EXPECT_EQ(events.error().code, ErrorCode::kCorrupt);
        break;
      }
      ASSERT_FALSE(events->empty()) << "the damage was not noticed";
      last = events->back().position;
    }
    EXPECT_EQ(log.read("other").value().size(), 1u);
  });
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_EQ(report->losses.size(), 1u);
  EXPECT_EQ(report->losses[0].workspace, "w");
  EXPECT_EQ(report->losses[0].seen_to, 600u);
  EXPECT_LT(report->losses[0].kept_to, 600u);
  EXPECT_EQ(last_position(), report->losses[0].kept_to);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    EXPECT_EQ(log.workspaces().value(), (std::vector<std::string>{"other", "w"}));
  });
}

TEST_F(StoreDamage, AMissingTableIsRefusedAndRepaired) {
  with_store([&](BlockingLog& log, RocksDbStore&) { fill_tables(log); });
  const auto table = find_file(dir_.path(), ".sst");
  fs::remove(table);
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt) << error.message;
  EXPECT_NE(error.message.find(table.stem().string()), std::string::npos) << error.message;
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  with_store([&](BlockingLog&, RocksDbStore& store) {
    const auto verified = store.verify();
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(verified->events, report->events);
  });
}

TEST_F(StoreDamage, AMissingManifestOrCurrentIsRefusedAndRepaired) {
  fill(40);
  for (const char* prefix : {"MANIFEST", "CURRENT"}) {
    for (const auto& entry : fs::directory_iterator(dir_.path() + "/log"))
      if (entry.path().filename().string().starts_with(prefix)) fs::remove(entry.path());
    EXPECT_EQ(open_error().code, ErrorCode::kCorrupt);
    const auto report = backend::repair_store(store_options(dir_.path()));
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->events, 40u);
    EXPECT_EQ(last_position(), 40u);
  }
}

TEST_F(StoreDamage, RepairOfSoundDataLosesNothing) {
  fill(30);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    ASSERT_TRUE(log.put_snapshot("w", "a", 20, "state").has_value());
  });
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->losses.empty());
  EXPECT_EQ(report->snapshots, 1u);
  EXPECT_EQ(last_position(), 30u);
}

log::Statement signed_before(std::uint64_t size, const Hash256& root) {
  const log::NoteSigner signer{"log.example/before", {5}};
  return {{signer.verifier()},
          log::sign_checkpoint({"log.example/before/w/old", size, root}, {signer}).value()};
}

// A transaction is there as a whole or not at all, after a repair too.
TEST_F(StoreDamage, RepairCutsBeforeAGroupNotWithinOne) {
  std::string record;
  with_store([&](BlockingLog& log, RocksDbStore&) {
    TestChain chain;
    std::vector<log::EncodedEvent> events;
    for (const log::Group& place :
         std::vector<log::Group>{{}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}}) {
      auto event = sample_event("a", "x", 10);
      event.group = place;
      events.push_back(chain.seal(event, 1000).value());
    }
    record = as_text(events[4].record);
    ASSERT_TRUE(log.append("w", std::move(events), 0).has_value());
  });
  record[record.size() / 2] ^= 1;
  {
    auto database = store::open_database(store::rocksdb_dir(dir_.path()),
                                         store_options(dir_.path()), store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value());
    database->db->Put({}, database->events, store::event_key(1, 5), record);
  }
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_EQ(report->losses.size(), 1u);
  EXPECT_EQ(report->losses[0].kept_to, 3u);
  EXPECT_EQ(last_position(), 3u);
}

TEST_F(StoreDamage, RepairKeepsWhatFormerKeepersSigned) {
  fill(30);
  std::vector<log::Statement> origins;
  with_store([&](BlockingLog& log, RocksDbStore&) {
    for (const std::uint64_t size : {10, 30}) {
      origins.push_back(signed_before(size, log.tree_root("w", size).value()));
      ASSERT_TRUE(log.put_origin("w", origins.back()).has_value());
    }
  });
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  with_store([&](BlockingLog& log, RocksDbStore& store) {
    EXPECT_EQ(log.load_origins("w").value(), origins);
    const auto verified = store.verify();
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(verified->origin_events, 30u);
  });
}

// What was signed binds: a log that lost some of it is repaired, and verification goes on saying so.
TEST_F(StoreDamage, RepairOfALogThatLostWhatWasSignedKeepsTheRest) {
  fill(30);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    for (const std::uint64_t size : {10, 30})
      ASSERT_TRUE(
          log.put_origin("w", signed_before(size, log.tree_root("w", size).value())).has_value());
  });
  {
    auto database = backend::store::open_database(backend::store::rocksdb_dir(dir_.path()),
                                                  store_options(dir_.path()),
                                                  backend::store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value());
    database->db->Put({}, database->events, backend::store::event_key(1, 21), "damaged");
  }
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_EQ(report->losses.size(), 1u);
  EXPECT_EQ(report->losses[0].kept_to, 20u);
  with_store([&](BlockingLog& log, RocksDbStore& store) {
    EXPECT_EQ(log.read("w").value().size(), 20u);
    EXPECT_EQ(log.load_origins("w")->size(), 2u);
    EXPECT_EQ(log.load_cut("w").value(), 20u);
    EXPECT_EQ(store.verify().error().check, log::Check::kCheckpoint);
  });
  fill(15);
  const auto again = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(again->losses.empty());
  with_store([&](BlockingLog& log, RocksDbStore&) {
    EXPECT_EQ(log.read("w").value().size(), 35u);
    EXPECT_EQ(log.load_cut("w").value(), 20u) << "a repair with nothing to mend forgot the last";
  });
}

// States that do not compress, each in a block of its own.
std::string noise(std::uint32_t seed) {
  std::string bytes;
  for (std::uint32_t word = 0, state = seed; word < 40'000; ++word) {
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
  return bytes;
}

// Flips a byte in the middle of `content`, wherever a table holds it.
void damage(const std::string& data_dir, const std::string& content) {
  const std::string middle = content.substr(content.size() / 2, 64);
  int times = 0;
  for (const auto& entry : fs::directory_iterator(store::rocksdb_dir(data_dir))) {
    if (entry.path().extension() != ".sst") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string file((std::istreambuf_iterator<char>(in)), {});
    const auto at = file.find(middle);
    if (at == file.npos) continue;
    flip_byte(entry.path(), at);
    ++times;
  }
  ASSERT_EQ(times, 1);
}

// A block of RocksDB's that fails its checksum stops any cursor: what is behind it is found without.
TEST_F(StoreDamage, SnapshotsBehindADamagedBlockAreFound) {
  inline_snapshot_bytes_ = std::size_t{1} << 20;
  fill(40);
  with_store([&](BlockingLog& log, RocksDbStore& store) {
    ASSERT_TRUE(log.put_snapshot("w", "a", 10, noise(1), 0).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "a", 20, noise(2), 0).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "a", 30, noise(3), 0).has_value());
    ASSERT_TRUE(log.put_delta("w", "a", 35, 30, noise(4)).has_value());
    const auto& database = dynamic_cast<const store::Database&>(store.tables());
    ASSERT_TRUE(database.db
                    ->Flush({}, {database.events, database.objects, database.snapshots,
                                 database.tree, database.meta})
                    .ok());
  });
  const auto newest = [&] {
    std::optional<log::Snapshot> found;
    with_store([&](BlockingLog& log, RocksDbStore&) {
      const auto loaded = log.load_snapshot("w", "a");
      ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
      found = *loaded;
    });
    return found;
  };
  EXPECT_EQ(newest()->position, 35u);
  // What the delta extends: both are as good as damaged.
  damage(dir_.path(), noise(3));
  EXPECT_EQ(newest()->position, 20u);
  EXPECT_EQ(newest()->damaged, 35u);
  EXPECT_EQ(as_text(newest()->bytes), noise(2));
  damage(dir_.path(), noise(4));
  EXPECT_EQ(newest()->position, 20u);
  EXPECT_EQ(newest()->damaged, 35u);
  damage(dir_.path(), noise(1));
  // Nor is that where a repair stops.
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->snapshots, 1u);
  EXPECT_EQ(report->snapshots_dropped, 3u);
  EXPECT_EQ(report->standing_dropped, 0u);
  EXPECT_TRUE(report->upkeep_lost.empty());
  EXPECT_EQ(as_text(newest()->bytes), noise(2));
}

// What nothing can make anew is named.
TEST_F(StoreDamage, RepairSaysWhichPinsAndStandingStatesAreLost) {
  fill(30);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    ASSERT_TRUE(log.put_snapshot("w", "a", 10, "state", 0).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "a", 20, "state", 0).has_value());
  });
  {
    auto database = store::open_database(store::rocksdb_dir(dir_.path()),
                                         store_options(dir_.path()), store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value()) << database.error().message;
    for (const log::Position position : {10, 20})
      database->db->Put({}, database->snapshots, store::object_key(1, "a", position), "damaged");
    database->db->Put({}, database->meta, store::retention_key("w"),
                      store::encode_retention({.floor = 15}));
    database->db->Put({}, database->meta, store::pin_key(1, "release"), "damaged");
  }
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->snapshots_dropped, 2u);
  EXPECT_EQ(report->standing_dropped, 1u);
  EXPECT_EQ(report->upkeep_lost, std::vector<std::string>{"w"});
}

TEST_F(StoreDamage, RepairKeepsDeltasWithWhatTheyExtend) {
  fill(30);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    ASSERT_TRUE(log.put_snapshot("w", "a", 20, "state", 0).has_value());
    ASSERT_TRUE(log.put_delta("w", "a", 25, 20, "+").has_value());
  });
  const auto sound = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(sound.has_value()) << sound.error().message;
  EXPECT_EQ(sound->snapshots, 2u);
  {
    auto database = store::open_database(store::rocksdb_dir(dir_.path()),
                                         store_options(dir_.path()), store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value()) << database.error().message;
    database->db->Put({}, database->snapshots, store::object_key(1, "a", 20), "\2damaged");
  }
  const auto report = backend::repair_store(store_options(dir_.path()));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->snapshots, 0u);
  EXPECT_EQ(report->snapshots_dropped, 2u);
}

TEST_F(StoreDamage, ASecondProcessIsTurnedAway) {
  with_store([&](BlockingLog&, RocksDbStore&) {
    const Error error = open_error();
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_NE(error.message.find(dir_.path()), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(std::to_string(::getpid())), std::string::npos) << error.message;
    EXPECT_EQ(backend::repair_store(store_options(dir_.path())).error().code, ErrorCode::kConflict);
  });
}

TEST_F(StoreDamage, ReadingBesideAServerSeesWhatIsThereAndChangesNothing) {
  fill(5);
  with_store([&](BlockingLog& log, RocksDbStore&) {
    ASSERT_TRUE(log.add("w", sample_event("a", "6")).has_value());
    auto options = store_options(dir_.path());
    options.read_only = true;
    auto second = RocksDbStore::open(options);
    ASSERT_TRUE(second.has_value()) << second.error().message;
    auto raw = (*second)->open_loop(loop_);
    BlockingLog reader(*raw, loop_);
    EXPECT_EQ(reader.read("w").value().size(), 6u);
    EXPECT_EQ(reader.add("w", sample_event("a", "x")).error().code, ErrorCode::kUnsupported);
    EXPECT_TRUE((*second)->verify().has_value());
  });
  EXPECT_EQ(last_position(), 6u);
}

TEST_F(StoreDamage, NoDataIsNotFoundUnlessItMayBeCreated) {
  auto options = store_options(dir_.path());
  options.create_if_missing = false;
  EXPECT_EQ(RocksDbStore::open(options).error().code, ErrorCode::kNotFound);
  options.create_if_missing = true;
  options.read_only = true;
  EXPECT_EQ(RocksDbStore::open(options).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(backend::repair_store(options).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(dir_.path()));
}

}  // namespace
}  // namespace syncline::testing
