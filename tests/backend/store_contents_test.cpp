// What opening, reading and verifying make of a database whose contents are not as they should be.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend/store/database.h"
#include "backend/store/repair.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "base/crc32c.h"
#include "log/blocking_log.h"
#include "log/waiting_conformance.h"
#include "store/actors.h"
#include "store/contents.h"
#include "store/waiting.h"

namespace syncline::testing {
namespace {

namespace store = backend::store;

class StoreContents : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_store(dir_.path());
    ASSERT_TRUE(opened);
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    for (int index = 0; index < 10; ++index)
      ASSERT_TRUE(log.add("w", sample_event("a", std::to_string(index))).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "a", 4, "state").has_value());
  }

  // Changes the database behind the store's back; workspace "w" has id 1.
  template <typename Change>
  void tamper(Change change) {
    auto options = store_options(dir_.path());
    auto database =
        store::open_database(store::rocksdb_dir(dir_.path()), options, store::OpenMode::kReadWrite);
    ASSERT_TRUE(database.has_value()) << database.error().message;
    change(*database);
  }

  log::Difference verify_error() {
    auto opened = open_store(dir_.path());
    const auto verified = opened->verify();
    EXPECT_FALSE(verified.has_value());
    return verified ? log::Difference{} : verified.error();
  }

  TempDir dir_;
  TestLoop loop_;
};

TEST_F(StoreContents, VerifyCountsWhatItFinds) {
  auto opened = open_store(dir_.path());
  std::uint64_t calls = 0;
  const auto report = opened->verify([&](const backend::VerifyProgress& progress) {
    EXPECT_EQ(progress.workspace, "w");
    ++calls;
    return true;
  });
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->workspaces, 1u);
  EXPECT_EQ(report->events, 10u);
  EXPECT_EQ(report->snapshots, 1u);
  EXPECT_GT(calls, 0u);
  EXPECT_EQ(opened->verify([](const auto&) { return false; }).error().code,
            ErrorCode::kUnavailable);
}

TEST_F(StoreContents, ANewerFormatIsRefused) {
  tamper([](store::Database& database) {
    database.db->Put({}, database.meta, store::slice(store::kFormatKey), "2");
  });
  const auto opened = backend::RocksDbStore::open(store_options(dir_.path()));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(opened.error().message.find("format version 2"), std::string::npos);
}

TEST_F(StoreContents, ARemovedEventIsFound) {
  tamper([](store::Database& database) {
    database.db->Delete({}, database.events, store::event_key(1, 5));
  });
  EXPECT_NE(verify_error().message.find("workspace w, event 5: missing"), std::string::npos);
}

TEST_F(StoreContents, RemovedLastEventsAreFoundThroughTheIndex) {
  tamper([](store::Database& database) {
    database.db->Delete({}, database.events, store::event_key(1, 10));
  });
  EXPECT_EQ(verify_error().message, "workspace w: index has 10 entries for 9 events");
}

TEST_F(StoreContents, AMissingIndexEntryIsFound) {
  tamper([](store::Database& database) {
    database.db->Delete({}, database.objects, store::object_key(1, "a", 3));
  });
  EXPECT_EQ(verify_error().message, "workspace w, event 3: index entry missing");
}

TEST_F(StoreContents, ARewrittenEventBreaksTheChain) {
  tamper([](store::Database& database) {
    std::string record;
    database.db->Get({}, database.events, store::event_key(1, 6), &record);
    auto event = log::decode_event(as_bytes(record)).value();
    event.intent = {'x'};  // with a CRC that is right
    const auto forged = log::encode_event(event).value();
    database.db->Put({}, database.events, store::event_key(1, 6), store::slice(forged.record));
  });
  EXPECT_EQ(verify_error().message, "workspace w, event 7: does not continue the hash of event 6");
  auto opened = open_store(dir_.path());
  auto raw = opened->open_loop(loop_);
  BlockingLog log(*raw, loop_);
  EXPECT_EQ(log.read("w").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(log.read("w", 6).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(log.read("w", 7).value().size(), 3u);
}

// Whoever can write to the disk can write checksums too.
TEST_F(StoreContents, AnEventThatTheTreeDoesNotHoldIsNotServed) {
  {
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    for (int index = 10; index < 300; ++index)
      ASSERT_TRUE(log.add("w", sample_event(index % 2 == 0 ? "a" : "b", std::to_string(index))));
  }
  const auto record_of = [](const store::Database& database, log::Position position) {
    std::string record;
    database.db->Get({}, database.events, store::event_key(1, position), &record);
    return record;
  };
  // In a full tile, and behind it.
  for (const log::Position position : {101, 281}) {
    std::string sound;
    const auto put = [&](const std::string& record) {
      tamper([&](store::Database& database) {
        sound = record_of(database, position);
        database.db->Put({}, database.events, store::event_key(1, position), record);
      });
    };
    const auto refused = [&](const char* how) {
      auto opened = open_store(dir_.path());
      auto raw = opened->open_loop(loop_);
      BlockingLog log(*raw, loop_);
      const auto read = log.read_object("w", "a");
      ASSERT_FALSE(read.has_value()) << how;
      EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
      EXPECT_NE(read.error().message.find(fmt::format("workspace w, event {}:", position)),
                std::string::npos)
          << read.error().message;
      EXPECT_TRUE(log.read_object("w", "b").has_value()) << "other objects are not to suffer";
      EXPECT_TRUE(log.read_object("w", "a", 0, {.to = position - 1}).has_value());
    };
    std::string forged;
    std::string copied;
    tamper([&](store::Database& database) {
      auto event = log::decode_event(as_bytes(record_of(database, position))).value();
      event.intent = {'x'};  // with a CRC that is right
      const Bytes record = log::encode_event(event).value().record;
      forged = as_text(record);
      copied = record_of(database, 51);
    });
    put(forged);
    refused("rewritten, and its own hash with it");
    const std::string whole = std::exchange(sound, {});
    put(copied);
    refused("an old record in its place");
    put(whole);
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    EXPECT_TRUE(log.read_object("w", "a").has_value());
  }
}

TEST_F(StoreContents, ADamagedSnapshotIsNotServedAndIsReplaced) {
  tamper([](store::Database& database) {
    database.db->Put({}, database.snapshots, store::object_key(1, "a", 9),
                     std::string("\1xxxxstate"));
  });
  auto opened = open_store(dir_.path());
  auto raw = opened->open_loop(loop_);
  BlockingLog log(*raw, loop_);
  EXPECT_EQ(log.load_snapshot("w", "a").value()->position, 4u);
  EXPECT_EQ(log.load_snapshot("w", "a").value()->damaged, 9u);
  const auto report = opened->verify();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->damaged_snapshots, std::vector<std::string>{"w/a at 9"});
  ASSERT_TRUE(log.put_snapshot("w", "a", 7, "rebuilt").has_value());
  EXPECT_EQ(as_text(log.load_snapshot("w", "a").value()->bytes), "rebuilt");
  EXPECT_EQ(log.load_snapshot("w", "a").value()->damaged, 0u);
}

TEST_F(StoreContents, SnapshotsOfOlderWritersAreReadAndAnyFlippedByteIsFound) {
  const std::string key = store::object_key(1, "a", 9);
  std::string old = "\1";
  const std::uint32_t crc = crc32c(as_bytes("state"), crc32c(as_bytes(key)));
  for (int shift = 24; shift >= 0; shift -= 8) old.push_back(static_cast<char>(crc >> shift));
  old += "state";
  const auto read = store::decode_snapshot(key, old);
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(read->bytes), "state");
  EXPECT_EQ(read->bytes_since_milestone, 0u);
  for (const log::Position base : {0u, 4u}) {
    log::Snapshot snapshot{9, to_bytes(as_bytes("state")), 300, 0};
    snapshot.base = base;
    const std::string value = store::encode_snapshot(key, snapshot);
    EXPECT_EQ(store::decode_snapshot(key, value)->bytes_since_milestone, 300u);
    EXPECT_EQ(store::decode_snapshot(key, value)->base, base);
    EXPECT_EQ(store::snapshot_base(value), base);
    for (std::size_t i = 0; i < value.size(); ++i) {
      for (int flip = 1; flip < 256; ++flip) {
        std::string damaged = value;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        EXPECT_FALSE(store::decode_snapshot(key, damaged)) << i << " " << flip;
      }
      EXPECT_FALSE(store::decode_snapshot(key, value.substr(0, i)));
    }
  }
}

TEST_F(StoreContents, ADeltaIsPassedOverWithoutWhatItExtends) {
  {
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    ASSERT_TRUE(log.put_snapshot("w", "a", 2, "two", 0).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "a", 6, "six", 0).has_value());
    ASSERT_TRUE(log.put_delta("w", "a", 8, 6, "+eight").has_value());
  }
  const std::string key = store::object_key(1, "a", 6);
  const std::string value = store::encode_snapshot(key, {6, to_bytes(as_bytes("six")), 0, 0});
  std::string damaged = value;
  damaged.back() ^= 1;
  // Damaged, gone, or no milestone any more.
  const std::string other = store::encode_snapshot(key, {6, to_bytes(as_bytes("six")), 9, 0});
  for (const std::string& kept : {damaged, std::string(), other}) {
    tamper([&](store::Database& database) {
      if (kept.empty())
        database.db->Delete({}, database.snapshots, key);
      else
        database.db->Put({}, database.snapshots, key, kept);
    });
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    const auto found = log.load_snapshot("w", "a").value();
    EXPECT_EQ(found->damaged, 8u);
    EXPECT_EQ(as_text(found->bytes), kept == other ? "six" : "two");
    const auto report = opened->verify();
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->damaged_snapshots.back(), "w/a at 8");
    EXPECT_EQ(report->damaged_snapshots.size(), kept == damaged ? 2u : 1u);
    EXPECT_EQ(log.put_delta("w", "a", 9, 6, "+nine").error().code, ErrorCode::kConflict);
  }
  tamper([&](store::Database& database) { database.db->Put({}, database.snapshots, key, value); });
  auto opened = open_store(dir_.path());
  auto raw = opened->open_loop(loop_);
  BlockingLog log(*raw, loop_);
  EXPECT_EQ(as_text(log.load_snapshot("w", "a").value()->base_bytes), "six");
  EXPECT_TRUE(opened->verify()->damaged_snapshots.empty());
}

// One that is damaged is named and never used; the others of its object are.
TEST_F(StoreContents, AChangeThatWaitsAndIsDamagedIsNamedAndLeftOutOfARepair) {
  const auto with_waiting = [&](auto use) {
    auto opened = open_store(dir_.path());
    auto store = opened->open_loop(loop_);
    use(store->waiting(), *opened);
  };
  with_waiting([&](log::WaitingStore& waiting, backend::RocksDbStore& store) {
    for (const char* text : {"one", "two", "three"})
      ASSERT_TRUE(await<log::WaitingKept>(loop_, [&](auto done) {
        waiting.put_waiting("w", "a", waiting_change(text), {}, std::move(done));
      }));
    EXPECT_TRUE(store.verify().has_value());
  });
  tamper([&](store::Database& database) {
    const std::string key = syncline::store::waiting_key("w", "a", 2);
    std::string value = database.get(store::Family::kMeta, key).value().value();
    value.back() ^= 1;
    database.db->Put({}, database.meta, key, value);
  });
  with_waiting([&](log::WaitingStore& waiting, backend::RocksDbStore& store) {
    const auto page = await<log::WaitingPage>(
        loop_, [&](auto done) { waiting.list_waiting("w", "a", 0, 9, std::move(done)); });
    EXPECT_EQ(page->changes.size(), 2u);
    EXPECT_EQ(page->damaged, std::vector<std::uint64_t>{2});
    EXPECT_EQ(store.verify().error().check, log::Check::kRecord);
  });
  ASSERT_TRUE(backend::repair_store(store_options(dir_.path())));
  with_waiting([&](log::WaitingStore& waiting, backend::RocksDbStore& store) {
    const auto page = await<log::WaitingPage>(
        loop_, [&](auto done) { waiting.list_waiting("w", "a", 0, 9, std::move(done)); });
    EXPECT_EQ(page->changes.size(), 2u);
    EXPECT_TRUE(page->damaged.empty());
    EXPECT_TRUE(store.verify().has_value());
  });
}

// What says where an owner stands is checked, and outlives a repair.
TEST_F(StoreContents, EpochsAndWhatWasTakenOverFitTheEvents) {
  {
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    const log::Head head = log.head("w").value();
    TestChain chain(head);
    auto event = sample_event("a", "from elsewhere");
    event.origin = log::Origin{"us", 77};
    std::vector<log::EncodedEvent> events;
    events.push_back(chain.seal(event, 1000).value());
    ASSERT_TRUE(log.append("w", std::move(events), head.last_position, 4));
    EXPECT_TRUE(opened->verify().has_value());
  }
  const std::string key = syncline::store::ingested_key(1, "us");
  tamper([&](store::Database& database) { database.db->Delete({}, database.meta, key); });
  EXPECT_EQ(open_store(dir_.path())->verify().error().check, log::Check::kIndex);
  ASSERT_TRUE(backend::repair_store(store_options(dir_.path())));
  auto opened = open_store(dir_.path());
  auto raw = opened->open_loop(loop_);
  BlockingLog log(*raw, loop_);
  EXPECT_TRUE(opened->verify().has_value());
  EXPECT_EQ(log.ingested("w", "us").value(), 77u);
  const log::Head head = log.head("w").value();
  TestChain chain(head);
  auto event = sample_event("a", "late");
  std::vector<log::EncodedEvent> events;
  events.push_back(chain.seal(event, 1000).value());
  EXPECT_EQ(log.append("w", std::move(events), head.last_position, 3).error().code,
            ErrorCode::kFenced);
}

// What is said to be recorded of an actor is checked, and a repair derives it from the events.
TEST_F(StoreContents, WhatIsRecordedOfActorsFitsTheEvents) {
  const log::ActorId tablet{"", "anna", "tablet"};
  {
    auto opened = open_store(dir_.path());
    auto raw = opened->open_loop(loop_);
    auto event = sample_event("a", "text");
    event.actor = tablet.actor;
    event.actor_seq = 3;
    event.actor_named = true;
    ASSERT_TRUE(BlockingLog(*raw, loop_).add("w", event));
    EXPECT_TRUE(opened->verify().has_value());
  }
  const std::string key = syncline::store::actor_key(1, tablet);
  const auto put = [&](std::uint64_t first, std::uint64_t last) {
    log::ActorNumbers numbers;
    numbers.add(first, last, 1);
    tamper([&](store::Database& database) {
      database.db->Put({}, database.meta, key, syncline::store::encode_actor(key, numbers));
    });
  };
  put(3, 4);
  EXPECT_EQ(open_store(dir_.path())->verify().error().check, log::Check::kIndex);
  tamper([&](store::Database& database) { database.db->Put({}, database.meta, key, "damaged"); });
  EXPECT_EQ(open_store(dir_.path())->verify().error().check, log::Check::kIndex);
  ASSERT_TRUE(backend::repair_store(store_options(dir_.path())));
  auto opened = open_store(dir_.path());
  auto raw = opened->open_loop(loop_);
  EXPECT_TRUE(opened->verify().has_value());
  const auto numbers = await<log::ActorNumbers>(
      loop_, [&](auto done) { raw->actors().load_actor("w", tablet, std::move(done)); });
  ASSERT_TRUE(numbers);
  ASSERT_EQ(numbers->ranges().size(), 1u);
  EXPECT_EQ(numbers->ranges()[0].first, 3u);
  EXPECT_EQ(numbers->ranges()[0].last, 3u);
}

}  // namespace
}  // namespace syncline::testing
