// The store over the simulated disk keeps the contract of every EventLog, and its disk lies only
// where a disk does.
#include "sim/disk_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "log/actor_conformance.h"
#include "log/directory_conformance.h"
#include "log/event_log_conformance.h"
#include "log/file_conformance.h"
#include "log/test_chain.h"
#include "log/waiting_conformance.h"
#include "store/keys.h"
#include "store/tree.h"

namespace syncline::testing {

using sim::Disk;
using sim::DiskStore;
using sim::World;

// A scheduler for the suite, which waits in real time for what happens in virtual time.
struct SimFixture {
  // Lets virtual time pass whenever the loop that waits is polled, by posting itself to it.
  struct Clockwork {
    explicit Clockwork(World& world) : world_(world) {}
    void wind(Scheduler& loop) {
      loop.post([this, &loop, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        for (int i = 0; i < 64; ++i) world_.timeline.step(world_.now_us() + 1000);
        wind(loop);
      });
    }
    World& world_;
    std::shared_ptr<const int> alive_ = std::make_shared<const int>();
  };

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) {
    if (!store) {
      store = DiskStore::open(world, disk, speed).value();
      store->go_on_with_removals();
    }
    clockwork = std::make_unique<Clockwork>(world);
    clockwork->wind(loop);
    return store->open_loop(loop);
  }
  // A process that ends in good order finishes what it has begun.
  void restart() {
    for (int i = 0; i < 1000; ++i) world.timeline.step(world.now_us() + 1000);
    clockwork.reset();
    store.reset();
    disk.lose_power();
  }

  std::size_t chunks() { return store->tables().chunks().list()->size(); }

  World world{1, false};
  Disk disk{world, {}};
  sim::StoreSpeed speed;
  std::unique_ptr<DiskStore> store;
  std::unique_ptr<Clockwork> clockwork;
};

// Every snapshot is a file of its own.
struct SimApartFixture : SimFixture {
  SimApartFixture() { speed.snapshots.inline_bytes = 0; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, EventLogConformance, SimFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(SimulatedApart, EventLogConformance, SimApartFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, WaitingConformance, SimFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ActorConformance, SimFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, DirectoryConformance, SimFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, FileConformance, SimFixture);

// Above the floor a snapshot that cannot be read makes room. Below it, it is all there is: what is
// misread today is read tomorrow, or brought back from a backup.
TEST(SimulatedStore, WhatStandsForDroppedPayloadsIsNotReplacedWhileItCannotBeRead) {
  SimFixture fixture;
  TestLoop loop;
  const auto raw = fixture.open(loop);
  BlockingLog log(*raw, loop);
  TestChain chain;
  for (int i = 0; i < 8; ++i) {
    auto event = sample_event("a", "text");
    ASSERT_TRUE(log.append("w", {chain.seal(event, 1).value()}, static_cast<log::Position>(i)));
  }
  ASSERT_TRUE(log.raise_floor("w", 3));
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "three", 0));
  ASSERT_TRUE(log.drop_payloads("w", 3));
  ASSERT_TRUE(log.put_snapshot("w", "a", 6, "six", 0));
  const auto rot = [&](std::string_view value) {
    const std::string_view all = as_text(fixture.disk.contents());
    fixture.disk.rot(all.rfind(value), 1);
  };
  rot("three");
  rot("six");
  EXPECT_EQ(log.load_snapshot("w", "a").error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(log.put_snapshot("w", "a", 7, "seven", 9));
  fixture.disk.restore();
  EXPECT_EQ(as_text(log.load_snapshot("w", "a", 5).value()->bytes), "three");
  EXPECT_EQ(log.load_snapshot("w", "a", 6).value()->position, 3u);
  EXPECT_EQ(log.load_snapshot("w", "a", 7).value()->position, 7u);
}

// Oracles see what retention has dropped, and nothing that it has not.
TEST(SimulatedTables, TheJournalForgetsNoPayload) {
  World world(1, false);
  Disk disk(world, {});
  TestChain chain;
  log::Event event = sample_event("a", "text");
  const Bytes record = chain.seal(event, 1).value().record;
  log::Event other = event;
  other.intent = Bytes{1};
  const std::string key = store::event_key(1, 1);
  const auto put = [&](ByteView value) {
    sim::FrameWrites writes;
    writes.put(store::Family::kEvents, key, as_text(value));
    disk.append(writes.frame(), [](Result<void>) {});
    sim::DiskTables tables(disk);
    EXPECT_TRUE(tables.open());
    const sim::AppendedTables appended(tables);
    const auto cursor = appended.cursor(store::Family::kEvents);
    cursor->seek("");
    EXPECT_EQ(cursor->value(), appended.get(store::Family::kEvents, key).value());
    return to_bytes(as_bytes(cursor->value()));
  };
  EXPECT_EQ(put(record), record);
  EXPECT_EQ(put(log::encode_event(log::without_payload(event)).value().record), record);
  for (const log::Event& forged : {other, log::without_payload(other)}) {
    const Bytes value = log::encode_event(forged).value().record;
    EXPECT_EQ(put(value), value);
  }
}

Bytes bytes_of(std::size_t size) {
  return Bytes(size, 0x5a);
}

TEST(SimulatedDisk, WhatIsSyncedSurvivesAPowerLossAndTheRestMayNot) {
  std::map<bool, int> kept_all;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World world(seed, false);
    Disk disk(world, {});
    int answers = 0;
    disk.append(bytes_of(3000), [&](Result<void>) { ++answers; });
    disk.sync([&](Result<void>) { ++answers; });
    while (world.timeline.step(10'000'000)) {
    }
    EXPECT_EQ(answers, 2);
    disk.append(bytes_of(3000), [&](Result<void>) { ++answers; });
    disk.lose_power();
    while (world.timeline.step(20'000'000)) {
    }
    EXPECT_EQ(answers, 2) << "the process is gone";
    ASSERT_GE(disk.contents().size(), 3000u);
    EXPECT_EQ(to_bytes(disk.contents().first(3000)), bytes_of(3000));
    ++kept_all[to_bytes(disk.contents()) == bytes_of(6000)];
  }
  EXPECT_GT(kept_all[true], 0);
  EXPECT_GT(kept_all[false], 0);
}

TEST(SimulatedDisk, AKilledProcessLosesNothingThatItWrote) {
  World world(1, false);
  Disk disk(world, {});
  disk.append(bytes_of(10), [](Result<void>) {});
  disk.forget_callers();
  EXPECT_EQ(disk.contents().size(), 10u);
}

TEST(SimulatedDisk, FaultsShowInTheAnswers) {
  World world(1, false);
  Disk disk(world, {});
  std::vector<ErrorCode> errors;
  const auto note = [&](Result<void> result) {
    if (!result) errors.push_back(result.error().code);
  };
  disk.set_full(true);
  disk.append(bytes_of(10), note);
  disk.set_full(false);
  disk.fail_next_write();
  disk.append(bytes_of(10), note);
  disk.fail_next_sync();
  disk.sync(note);
  while (world.timeline.step(10'000'000)) {
  }
  std::ranges::sort(errors);
  EXPECT_EQ(errors,
            (std::vector<ErrorCode>{ErrorCode::kUnavailable, ErrorCode::kIo, ErrorCode::kIo}));
}

// A journal of two batches, and where the second begins.
std::size_t write_two(World& world, Disk& disk) {
  std::size_t second = 0;
  for (const char* value : {"one", "two"}) {
    second = disk.contents().size();
    sim::FrameWrites writes;
    writes.put(store::Family::kMeta, value, value);
    disk.append(writes.frame(), [](Result<void>) {});
  }
  disk.sync([](Result<void>) {});
  while (world.timeline.step(10'000'000)) {
  }
  return second;
}

// A log of `size` events, as the store keeps it; its principal tells it from another's.
std::vector<log::EncodedEvent> some_log(const std::string& principal, int size) {
  std::vector<log::EncodedEvent> events;
  Hash256 previous{};
  for (int i = 1; i <= size; ++i) {
    log::Event event;
    event.position = static_cast<log::Position>(i);
    event.principal = principal;
    event.object = "notes";
    event.type = "doc";
    event.previous_hash = previous;
    events.push_back(log::encode_event(event).value());
    previous = events.back().hash;
  }
  return events;
}

// What a misdirected read gives is a sound record. A root that is made of it would be signed.
TEST(SimulatedTables, ARootIsNotMadeOfEventsFromTheWrongPlace) {
  const auto own = some_log("ada", 4);
  const auto other = some_log("eve", 4);
  const auto leaves = [&](int place, const log::EncodedEvent& there, std::uint64_t first,
                          std::uint64_t count) -> std::optional<ErrorCode> {
    World world(1, false);
    Disk disk(world, {});
    sim::FrameWrites writes;
    for (int i = 0; i < 4; ++i) {
      const log::EncodedEvent& event = i == place ? there : own[static_cast<std::size_t>(i)];
      writes.put(store::Family::kEvents, store::event_key(1, static_cast<log::Position>(i + 1)),
                 as_text(event.record));
    }
    disk.append(writes.frame(), [](Result<void>) {});
    disk.sync([](Result<void>) {});
    while (world.timeline.step(10'000'000)) {
    }
    sim::DiskTables tables(disk);
    EXPECT_TRUE(tables.open());
    const auto loaded = store::StagedTiles(tables, 1).load(0, first, count);
    if (loaded) return std::nullopt;
    return loaded.error().code;
  };
  EXPECT_EQ(leaves(0, own[0], 0, 4), std::nullopt);
  EXPECT_EQ(leaves(2, own[1], 0, 4), ErrorCode::kCorrupt) << "another position";
  EXPECT_EQ(leaves(2, other[2], 0, 4), ErrorCode::kCorrupt) << "another workspace";
  EXPECT_EQ(leaves(2, other[2], 2, 1), ErrorCode::kCorrupt) << "alone";
}

TEST(SimulatedTables, ATornTailIsDroppedAndDamageRefused) {
  World world(1, false);
  Disk disk(world, {});
  const std::size_t second = write_two(world, disk);
  const std::size_t size = disk.contents().size();
  disk.rot(2, 1);
  sim::DiskTables damaged(disk);
  EXPECT_EQ(damaged.open().error().code, ErrorCode::kCorrupt);
  disk.restore();
  disk.rot(size - 1, 1);
  sim::DiskTables torn(disk);
  EXPECT_EQ(torn.open().value(), size - second);
  EXPECT_EQ(torn.get(store::Family::kMeta, "one").value(), "one");
  EXPECT_FALSE(torn.get(store::Family::kMeta, "two").value());
}

TEST(SimulatedTables, AMisdirectedWriteIsFoundAndUndone) {
  World world(1, false);
  Disk disk(world, {});
  const std::size_t second = write_two(world, disk);
  const Bytes before = to_bytes(disk.contents());
  disk.misdirect(2, second, 20);
  EXPECT_NE(to_bytes(disk.contents()), before);
  sim::DiskTables damaged(disk);
  EXPECT_EQ(damaged.open().error().code, ErrorCode::kCorrupt);
  disk.restore();
  EXPECT_EQ(to_bytes(disk.contents()), before);
}

TEST(SimulatedDisk, ABackupHoldsWhatWasDurable) {
  World world(1, false);
  Disk disk(world, {});
  write_two(world, disk);
  disk.write_file("durable", bytes_of(100), [](Result<void>) {});
  while (world.timeline.step(world.now_us() + 100'000'000)) {
  }
  const Disk::Backup backup = disk.backup();
  EXPECT_EQ(backup.journal, to_bytes(disk.contents()));
  EXPECT_EQ(backup.files.size(), 1u);
  disk.append(bytes_of(1000), [](Result<void>) {});
  disk.write_file("not yet", bytes_of(100), [](Result<void>) {});
  EXPECT_TRUE(disk.backup() == backup);
  disk.remove_file("durable");
  disk.bring_back(backup);
  EXPECT_EQ(to_bytes(disk.contents()), backup.journal);
  EXPECT_TRUE(disk.files().contains("durable"));
}

// A power loss keeps, tears or loses a file that is not durable, and may bring back a removed one.
TEST(SimulatedDisk, FilesAreDurableWhenTheyAreAnswered) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed, false);
    Disk disk(world, {});
    for (const char* name : {"kept", "removed"})
      disk.write_file(name, bytes_of(100), [](Result<void> ok) { EXPECT_TRUE(ok); });
    while (world.timeline.step(world.now_us() + 100'000'000)) {
    }
    disk.remove_file("removed");
    disk.write_file("late", bytes_of(100), [](Result<void>) { FAIL() << "the machine is off"; });
    disk.lose_power();
    while (world.timeline.step(world.now_us() + 100'000'000)) {
    }
    EXPECT_EQ(disk.files().at("kept").bytes, bytes_of(100));
    seen.insert(disk.files().contains("removed") ? "back" : "gone");
    const auto late = disk.files().find("late");
    if (late == disk.files().end())
      seen.insert("lost");
    else
      seen.insert(late->second.bytes == bytes_of(100) ? "whole" : "torn");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"back", "gone", "lost", "whole", "torn"}));
}

TEST(SimulatedDisk, AFileThatIsDamagedOrLostIsRestored) {
  World world(1, false);
  Disk disk(world, {});
  disk.write_file("a", bytes_of(100), [](Result<void>) {});
  const Bytes before = disk.files().at("a").bytes;
  disk.rot_file("a", 7, 3);
  EXPECT_NE(disk.files().at("a").bytes, before);
  disk.restore();
  EXPECT_EQ(disk.files().at("a").bytes, before);
  disk.lose_file("a");
  EXPECT_FALSE(disk.files().contains("a"));
  disk.restore();
  EXPECT_EQ(disk.files().at("a").bytes, before);
}

TEST(SimulatedDisk, AFileThatIsDamagedWhileItIsSyncedIsDurableAfterwards) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, false);
    Disk disk(world, {});
    for (const char* name : {"rotten", "lost"})
      disk.write_file(name, bytes_of(100), [](Result<void>) {});
    disk.rot_file("rotten", 7, 3);
    disk.lose_file("lost");
    while (world.timeline.step(world.now_us() + 100'000'000)) {
    }
    disk.restore();
    disk.lose_power();
    for (const char* name : {"rotten", "lost"}) {
      ASSERT_TRUE(disk.files().contains(name)) << seed;
      EXPECT_EQ(disk.files().at(name).bytes, bytes_of(100));
    }
  }
}

TEST(SimulatedDisk, AFileWhoseReplacementFailsStays) {
  World world(1, false);
  Disk disk(world, {});
  disk.write_file("a", bytes_of(100), [](Result<void>) {});
  disk.rot_file("a", 7, 3);
  const Bytes damaged = disk.files().at("a").bytes;
  disk.fail_next_write();
  std::optional<Result<void>> written;
  disk.write_file("a", bytes_of(100), [&](Result<void> ok) { written = std::move(ok); });
  while (world.timeline.step(world.now_us() + 100'000'000)) {
  }
  EXPECT_TRUE(written && !*written);
  EXPECT_EQ(disk.files().at("a").bytes, damaged);
  EXPECT_TRUE(disk.has_damaged_files());
}

}  // namespace syncline::testing
