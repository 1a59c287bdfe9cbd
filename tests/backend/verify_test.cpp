// Verification of a data directory: whatever was done to it is found and named.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>

#include "backend/keys/key_ring.h"
#include "backend/store/database.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "log/notary.h"
#include "merge/facets.h"
#include "state/author_store.h"
#include "store/contents.h"
#include "store/retention.h"
#include "store/tree.h"
#include "support/history_writer.h"

namespace syncline::testing {
namespace {

namespace store = backend::store;
namespace fs = std::filesystem;
using log::Check;

constexpr std::size_t kEvents = 40;

std::string file_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A data directory with a little of everything: two objects, a snapshot, a pin, a signed checkpoint,
// keys, and the statement of a former keeper. Workspace "w" has id 1, "other" id 2.
class VerifyDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_store(dir_.path());
    auto keys = backend::KeyRing::open(dir_.path(), "log.example/here");
    ASSERT_TRUE(keys) << keys.error().message;
    const auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    HistoryWriter writer(2);
    for (std::size_t done = 0; done < kEvents; ++done)
      ASSERT_TRUE(log.append("w", writer.next(1), done));
    ASSERT_TRUE(log.put_snapshot("w", writer.event.object, kEvents, as_text(writer.snapshot()), 0));
    log::Notary notary(raw->events(), raw->attestations(), keys->identity());
    auto sign = [&](const std::string& workspace) {
      return await<log::SignedCheckpoint>(
                 loop_, [&](auto done) { notary.checkpoint(workspace, std::move(done)); })
          .value();
    };
    signed_ = sign("w");
    const log::NoteSigner before{"log.example/before", {5}};
    ASSERT_TRUE(log.put_origin(
        "w", {{before.verifier()},
              log::sign_checkpoint({"log.example/before/w/old", kEvents, signed_.checkpoint.root},
                                   {before})
                  .value()}));
    HistoryWriter second(1);
    ASSERT_TRUE(log.append("other", second.next(5), 0));
    ASSERT_TRUE(log.put_pin("other", {"here", 3, 1, "anna"}));
    sign("other");
  }

  // As `syncline log verify` does.
  log::Checked<backend::VerifyReport> verify(std::vector<log::Checkpoint> known = {}) {
    auto options = store_options(dir_.path());
    options.read_only = true;
    auto opened = backend::RocksDbStore::open(options);
    if (!opened) return log::differs(Check::kStorage, {}, opened.error());
    torn_bytes_ = (*opened)->torn_bytes();
    auto keys = backend::KeyRing::check(dir_.path());
    if (!keys) return log::differs(Check::kKeys, {}, keys.error());
    return (*opened)->verify({},
                             {.replay = true, .keys = std::move(*keys), .known = std::move(known)});
  }

  log::Difference difference(std::vector<log::Checkpoint> known = {}) {
    const auto report = verify(std::move(known));
    EXPECT_FALSE(report);
    return report ? log::Difference{} : report.error();
  }

  // Everything that a server reads, or why it cannot. What can be read must be what was written.
  std::string content() {
    auto options = store_options(dir_.path());
    options.read_only = true;
    auto opened = backend::RocksDbStore::open(options);
    if (!opened) return "not opened";
    const auto raw = (*opened)->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    std::string all;
    const auto names = log.workspaces();
    if (!names) return "names not read";
    for (const std::string& name : *names) {
      all += name + "\n";
      const auto events = log.read(name);
      all += events ? "" : "events not read\n";
      for (log::Position at = 1; events && at <= events->size(); ++at)
        all += to_hex((*events)[at - 1].hash) + "\n";
      const auto pins = log.pins(name);
      all += pins ? fmt::format("{} pins\n", pins->size()) : "pins not read\n";
      for (std::size_t i = 0; pins && i < pins->size(); ++i)
        all +=
            fmt::format("{} {} {}\n", (*pins)[i].name, (*pins)[i].position, (*pins)[i].principal);
      const auto note = log.load_checkpoint(name);
      all += note && *note ? **note : "no checkpoint\n";
      const auto origins = log.load_origins(name);
      all += origins ? fmt::format("{} origins\n", origins->size()) : "origins not read\n";
      for (std::size_t i = 0; origins && i < origins->size(); ++i)
        all += log::to_text((*origins)[i]);
      for (const char* object : {"o0", "o1"}) {
        const auto snapshot = log.load_snapshot(name, object);
        all += snapshot && *snapshot ? to_hex(sha256((*snapshot)->bytes)) : "no snapshot";
      }
    }
    return all;
  }

  // Changes the database behind the store's back.
  void tamper(const std::function<void(store::Database&)>& change) {
    auto database = store::open_database(store::rocksdb_dir(dir_.path()),
                                         store_options(dir_.path()), store::OpenMode::kReadWrite);
    ASSERT_TRUE(database) << database.error().message;
    change(*database);
  }

  // Flips one byte after the other (every `stride`-th), and looks each time.
  void flip_all(std::size_t stride) {
    ASSERT_TRUE(verify()) << verify().error().message;
    const std::string truth = content();
    std::size_t flips = 0;
    std::size_t unread = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().filename();
      // Written for people, or for nobody: nothing is read from them.
      const bool read = !name.starts_with("LOG") && !name.starts_with("OPTIONS") &&
                        name != "LOCK" && name != "IDENTITY";
      const std::string bytes = file_bytes(entry.path());
      for (std::size_t at = 0; at < bytes.size(); at += read ? stride : 997) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        overwrite(entry.path(), flipped);
        const auto report = verify();
        ++flips;
        // Bytes that nothing depends on may be anything: then all is as it was. The last write may
        // look as if the power had failed in its middle: that is said, too.
        if (report && report->damaged_snapshots.empty() && torn_bytes_ == 0) {
          ++unread;
          EXPECT_TRUE(content() == truth) << name << ", byte " << at;
        }
        if (!report) {
          EXPECT_FALSE(report.error().message.empty());
        }
      }
      overwrite(entry.path(), bytes);
    }
    EXPECT_TRUE(verify());
    fmt::print("{} bytes flipped, {} of them found, {} change nothing that is read\n", flips,
               flips - unread, unread);
  }

  TempDir dir_;
  TestLoop loop_;
  log::SignedCheckpoint signed_;
  std::uint64_t torn_bytes_ = 0;  // that verify() met
};

std::size_t flip_stride() {
  const char* text = std::getenv("SYNCLINE_FLIP_STRIDE");
  return text == nullptr ? 47 : std::strtoull(text, nullptr, 10);
}

// SYNCLINE_FLIP_STRIDE=1 flips every byte; by itself the test takes every 47th of what is read.
TEST_F(VerifyDirectory, EveryFlippedByteOfTheWriteAheadLogIsFound) {
  flip_all(flip_stride());
}

TEST_F(VerifyDirectory, EveryFlippedByteOfTheTablesIsFound) {
  for (int round = 0; round < 2; ++round)
    open_store(dir_.path());  // writes what is in the log to tables
  flip_all(flip_stride());
}

TEST_F(VerifyDirectory, WhatIsSoundIsCounted) {
  const auto report = verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->workspaces, 2u);
  EXPECT_EQ(report->events, kEvents + 6);
  EXPECT_EQ(report->effects, kEvents + 5);
  EXPECT_EQ(report->snapshots_compared, 1u);
  EXPECT_EQ(report->pins, 1u);
  EXPECT_EQ(report->signed_events, kEvents + 6);
  EXPECT_EQ(report->untold, 0u);
  EXPECT_EQ(report->origin_events, kEvents);
}

TEST_F(VerifyDirectory, AnIndexOfAuthorsIsNoStateOfAnObject) {
  {
    const auto opened = open_store(dir_.path());
    const auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    ASSERT_TRUE(log.put_snapshot("w", state::authors_name("o"), 7, "index", 1));
  }
  const auto report = verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->snapshots_compared, 1u);
}

// The log of `w` made anew by somebody who can write everything but not sign.
void rewrite(store::Database& database, log::Position position,
             const std::function<void(log::Event&)>& change) {
  Hash256 previous{};
  store::TreeEdge tree;
  store::DatabaseWrites writes(database);
  store::StagedTiles tiles(database, 1);
  for (log::Position at = 1; at <= kEvents; ++at) {
    std::string record;
    database.db->Get({}, database.events, store::event_key(1, at), &record);
    auto event = log::decode_event(as_bytes(record)).value();
    event.previous_hash = previous;
    if (at == position) change(event);
    const auto encoded = log::encode_event(event).value();
    previous = encoded.hash;
    EXPECT_TRUE(tree.append(encoded.hash, tiles));
    writes.put(store::Family::kEvents, store::event_key(1, at), as_text(encoded.record));
  }
  tiles.write_to(writes);
  database.db->Write({}, &writes.batch());
}

TEST_F(VerifyDirectory, AnInsiderWhoHashesEverythingAnewIsFoundByWhatWasSigned) {
  tamper([](store::Database& database) {
    rewrite(database, 12, [](log::Event& event) { event.principal = "mallory"; });
  });
  EXPECT_EQ(difference().check, Check::kCheckpoint);
  EXPECT_EQ(difference().message,
            fmt::format("workspace w: its first {} events are not those of the checkpoint kept "
                        "beside it",
                        kEvents));
  // Who takes away what was signed, too, is found by whoever kept it elsewhere.
  tamper([](store::Database& database) {
    database.db->Delete({}, database.meta, store::checkpoint_key(1));
    const auto origin = store::kept_origins(database, 1).value()[0];
    database.db->Delete({}, database.meta, store::kept_origin_key(1, log::to_text(origin)));
  });
  EXPECT_TRUE(verify());
  const auto found = difference({signed_.checkpoint});
  EXPECT_EQ(found.check, Check::kCheckpoint);
  EXPECT_NE(found.message.find("are not those of the checkpoint"), std::string::npos);
}

TEST_F(VerifyDirectory, ARewrittenEffectOrSnapshotIsNamed) {
  tamper([](store::Database& database) {
    rewrite(database, 12, [](log::Event& event) { event.effect.back() ^= 1; });
    database.db->Delete({}, database.meta, store::checkpoint_key(1));
  });
  const auto effect = difference();
  EXPECT_EQ(effect.check, Check::kEffect);
  EXPECT_EQ(effect.workspace, "w");
  EXPECT_EQ(effect.position, 12u);
  EXPECT_EQ(effect.object, "o1");
}

TEST_F(VerifyDirectory, ASnapshotOfAnotherStateWithARightChecksumIsNamed) {
  tamper([](store::Database& database) {
    const std::string key = store::object_key(1, "o1", kEvents);
    log::Snapshot snapshot{kEvents, merge::doc_type().create()->snapshot(), 0, 0};
    database.db->Put({}, database.snapshots, key, store::encode_snapshot(key, snapshot));
  });
  const auto found = difference();
  EXPECT_EQ(found.check, Check::kSnapshot);
  EXPECT_EQ(found.position, kEvents);
  EXPECT_EQ(found.object, "o1");
  // Under the position of an event of another object.
  tamper([](store::Database& database) {
    const std::string key = store::object_key(1, "o1", 9);
    log::Snapshot snapshot{9, merge::doc_type().create()->snapshot(), 0, 0};
    database.db->Put({}, database.snapshots, key, store::encode_snapshot(key, snapshot));
  });
  EXPECT_EQ(difference().position, 9u);
}

TEST_F(VerifyDirectory, ADeltaOfAnotherStateWithARightChecksumIsNamed) {
  const log::Position last = kEvents;
  const auto put = [&](log::Position base, bool whole_delta) {
    tamper([&](store::Database& database) {
      HistoryWriter writer(2);
      Bytes at_base;
      auto object = merge::doc_type().create();
      for (log::Position i = 1; i <= last; ++i) {
        writer.next(1);
        if (i % 2 == last % 2) {
          ASSERT_TRUE(object->apply(writer.event.intent));
        }
        if (i == last - 10) merge::mark(*object);
        if (i == base) at_base = object->snapshot();
      }
      const std::string under = store::object_key(1, "o1", base);
      database.db->Put({}, database.snapshots, under,
                       store::encode_snapshot(under, {base, at_base, 0, 0}));
      log::Snapshot delta{last, merge::delta_since_mark(*object).value(), 1, 0};
      if (!whole_delta) delta.bytes = merge::doc_type().create()->snapshot();
      delta.base = base;
      const std::string key = store::object_key(1, "o1", last);
      database.db->Put({}, database.snapshots, key, store::encode_snapshot(key, delta));
    });
  };
  put(last - 10, true);
  const auto sound = verify();
  ASSERT_TRUE(sound) << sound.error().message;
  EXPECT_EQ(sound->snapshots_compared, 2u);
  put(last - 10, false);
  EXPECT_EQ(difference().check, Check::kSnapshot);
  EXPECT_EQ(difference().position, last);
  // On a milestone before its own.
  put(last - 20, true);
  EXPECT_EQ(difference().check, Check::kSnapshot);
  EXPECT_EQ(difference().position, last);
  EXPECT_EQ(difference().object, "o1");
}

TEST_F(VerifyDirectory, RemovedReorderedAndDuplicatedRecordsAreNamed) {
  std::string fifth;
  std::string sixth;
  tamper([&](store::Database& database) {
    database.db->Get({}, database.events, store::event_key(1, 5), &fifth);
    database.db->Get({}, database.events, store::event_key(1, 6), &sixth);
    database.db->Put({}, database.events, store::event_key(1, 5), sixth);
    database.db->Put({}, database.events, store::event_key(1, 6), fifth);
  });
  EXPECT_EQ(difference().check, Check::kRecord);
  EXPECT_EQ(difference().position, 5u);
  tamper([&](store::Database& database) {
    database.db->Put({}, database.events, store::event_key(1, 5), fifth);
    database.db->Delete({}, database.events, store::event_key(1, 6));
  });
  EXPECT_EQ(difference().message, "workspace w, event 6: missing");
  tamper([&](store::Database& database) {
    database.db->Put({}, database.events, store::event_key(1, 6), sixth);
    database.db->Put({}, database.events, store::event_key(1, kEvents + 1), sixth);
  });
  EXPECT_EQ(difference().position, kEvents + 1);
  tamper([&](store::Database& database) {
    database.db->Delete({}, database.events, store::event_key(1, kEvents + 1));
    database.db->Delete({}, database.events, store::event_key(1, kEvents));
  });
  EXPECT_EQ(
      difference().message,
      fmt::format("workspace w: the checkpoint kept beside it has {} events, the log ends at {}",
                  kEvents, kEvents - 1));
}

// Pins, rules and holds that somebody changed in the tables, behind the server's back.
TEST_F(VerifyDirectory, PinsAndRulesAreHeldToTheEvents) {
  {
    auto opened = open_store(dir_.path());
    const auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    log::RetentionChange rule{.principal = "ann", .reason = ""};
    rule.rule.keep_last = 100;
    ASSERT_TRUE(log.change_retention("other", rule));
    log::RetentionChange hold{
        .act = log::RetentionAct::kHold, .principal = "counsel", .reason = "case 7"};
    ASSERT_TRUE(log.change_retention("other", hold));
  }
  ASSERT_TRUE(verify()) << verify().error().message;
  const auto message_after = [this](const std::function<void(store::Database&)>& change) {
    const fs::path copy = dir_.root() + "/copy";
    fs::copy(dir_.path(), copy, fs::copy_options::recursive);
    tamper(change);
    const log::Difference found = difference();
    EXPECT_EQ(found.check, Check::kRules);
    EXPECT_EQ(found.workspace, "other");
    fs::remove_all(dir_.path());
    fs::rename(copy, dir_.path());
    return found.message;
  };
  const auto put = [](store::Database& database, const std::string& key, const std::string& value) {
    database.db->Put({}, database.meta, key, value);
  };
  const std::string here = store::pin_key(2, "here");
  EXPECT_EQ(message_after([&](auto& database) {
              put(database, here, store::encode_pin({"here", 2, 1, "anna"}));
            }),
            "workspace other: pin here is at 2 in the store, but the events set it at 3");
  EXPECT_EQ(message_after([&](auto& database) {
              put(database, here, store::encode_pin({"here", 3, 1, "eve"}));
            }),
            "workspace other: who set pin here, or when, differs from the events");
  EXPECT_EQ(message_after([&](auto& database) { database.db->Delete({}, database.meta, here); }),
            "workspace other: pin here at 3 is gone from the store");
  EXPECT_EQ(message_after([&](auto& database) {
              put(database, store::pin_key(2, "more"), store::encode_pin({"more", 3, 1, ""}));
            }),
            "workspace other: pin more was set by no event");
  const std::string retention = store::retention_key("other");
  log::Retention kept;
  kept.rule.keep_last = 100;
  EXPECT_EQ(
      message_after(
          [&](auto& database) { put(database, retention, store::encode_retention(kept)); }),
      "workspace other: counsel put a legal hold on it (case 7), which is gone from the store");
  kept.hold = log::Hold{"counsel", "case 7", 0};
  kept.rule.keep_last = 1;
  EXPECT_EQ(message_after(
                [&](auto& database) { put(database, retention, store::encode_retention(kept)); }),
            "workspace other: its retention rule in the store is not the one that the events say");
  EXPECT_EQ(message_after([&](auto& database) {
              database.db->Delete({}, database.meta, store::retention_record_key(2, 2));
            }),
            "workspace other: the record of its retention does not follow from the events");
  EXPECT_EQ(message_after([&](auto& database) {
              database.db->Delete({}, database.meta, store::rules_told_key(2));
            }),
            "workspace other: the store does not know that pins and retention follow from events");
}

// Syncline 0.1 kept pins without events; a log that began later has none.
TEST_F(VerifyDirectory, APinWithoutAnEventIsFound) {
  tamper([](store::Database& database) {
    database.db->Put({}, database.meta, store::pin_key(1, "more"),
                     store::encode_pin({"more", 3, 1, ""}));
  });
  EXPECT_EQ(difference().check, Check::kRules);
  EXPECT_EQ(difference().message, "workspace w: pin more was set by no event");
}

TEST_F(VerifyDirectory, NamesPinsAndCheckpointsAreHeldToTheLog) {
  const auto check_after = [this](const std::function<void(store::Database&)>& change) {
    const fs::path copy = dir_.root() + "/copy";
    fs::copy(dir_.path(), copy, fs::copy_options::recursive);
    tamper(change);
    const log::Difference found = difference();
    fs::remove_all(dir_.path());
    fs::rename(copy, dir_.path());
    return found;
  };
  EXPECT_EQ(check_after([](store::Database& database) {
              database.db->Delete({}, database.meta, store::workspace_key("other"));
            }).message,
            "the name of workspace 2 is missing");
  EXPECT_EQ(check_after([](store::Database& database) {
              database.db->Put({}, database.meta, store::workspace_key("more"), store::id_key(2));
            }).check,
            Check::kCheckpoint);
  EXPECT_EQ(check_after([](store::Database& database) {
              database.db->Put({}, database.meta, store::slice(store::kNextWorkspaceKey),
                               store::id_key(2));
            }).check,
            Check::kIndex);
  EXPECT_EQ(check_after([](store::Database& database) {
              database.db->Put({}, database.meta, store::pin_key(2, "here"),
                               store::encode_pin({"here", 7, 1, ""}));
            }).message,
            "workspace other: the log ends at 6, but pin here is at 7");
  EXPECT_EQ(check_after([](store::Database& database) {
              std::string other;
              database.db->Get({}, database.meta, store::checkpoint_key(2), &other);
              database.db->Put({}, database.meta, store::checkpoint_key(1), other);
            }).check,
            Check::kCheckpoint);
  // Signed by a key that is not the keeper's.
  EXPECT_EQ(check_after([this](store::Database& database) {
              const log::NoteSigner mallory{"log.example/here", {66}};
              auto note = log::sign_checkpoint(signed_.checkpoint, {mallory}).value();
              database.db->Put({}, database.meta, store::checkpoint_key(1),
                               store::encode_checkpoint({kEvents, note}));
            }).code,
            ErrorCode::kUnauthorized);
  EXPECT_EQ(check_after([](store::Database& database) {
              std::string value;
              const std::string key = store::kept_origin_key(
                  1, log::to_text(store::kept_origins(database, 1).value()[0]));
              database.db->Get({}, database.meta, key, &value);
              value[value.size() - 9] ^= 1;
              database.db->Put({}, database.meta, key, value);
            }).check,
            Check::kCheckpoint);
}

TEST_F(VerifyDirectory, AnOlderCopyIsFoundByACheckpointKeptElsewhere) {
  const fs::path older = dir_.root() + "/older";
  fs::copy(dir_.path(), older, fs::copy_options::recursive);
  log::Checkpoint newer;
  {
    auto opened = open_store(dir_.path());
    const auto keys = backend::KeyRing::open(dir_.path()).value();
    const auto raw = opened->open_loop(loop_);
    BlockingLog log(*raw, loop_);
    ASSERT_TRUE(log.add("w", sample_event("o9", std::string("\0\0", 2))));
    log::Notary notary(raw->events(), raw->attestations(), keys.identity());
    newer = await<log::SignedCheckpoint>(
                loop_, [&](auto done) { notary.checkpoint("w", std::move(done)); })
                .value()
                .checkpoint;
  }
  EXPECT_TRUE(verify({newer})) << verify({newer}).error().message;
  fs::remove_all(dir_.path());
  fs::rename(older, dir_.path());
  EXPECT_TRUE(verify());
  EXPECT_EQ(difference({newer}).message,
            fmt::format("workspace w: the checkpoint has {} events, the log ends at {}",
                        kEvents + 1, kEvents));
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// SYNCLINE_VERIFY_EVENTS=1000000 prints how long a long log takes; the test by itself takes a short
// one. Times are printed, not judged.
TEST(VerifyScale, EventsASecond) {
  const char* text = std::getenv("SYNCLINE_VERIFY_EVENTS");
  const std::size_t events = text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
  const TempDir dir;
  {
    auto opened = open_store(dir.path());
    TestLoop loop;
    const auto raw = opened->open_loop(loop);
    BlockingLog log(*raw, loop);
    HistoryWriter writer(20);
    for (std::size_t done = 0; done < events; done += 1000)
      ASSERT_TRUE(log.append("w", writer.next(1000), done));
  }
  auto options = store_options(dir.path());
  options.read_only = true;
  const auto opened = backend::RocksDbStore::open(options).value();
  for (const bool replay : {false, true}) {
    const double begin = cpu_seconds();
    const auto report = opened->verify({}, {.replay = replay});
    const double took = cpu_seconds() - begin;
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->effects, replay ? report->events : 0);
    fmt::print("{} events{}: {:.2f} s of processor time, {:.0f} a second\n", report->events,
               replay ? ", replayed" : "", took, static_cast<double>(report->events) / took);
  }
}

}  // namespace
}  // namespace syncline::testing
