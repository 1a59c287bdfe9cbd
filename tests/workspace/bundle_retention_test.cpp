// Bundles of workspaces whose old payloads were dropped: the states that stand for them go along and
// arrive, whatever comes between.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "log/bundle_reader.h"
#include "state/bundle_export.h"
#include "state/bundle_import.h"
#include "workspace/retained_history.h"

namespace syncline::state {
namespace {

std::shared_ptr<BundleExport> begin_export(TestWorld& from, ExportWish wish = {}) {
  auto header = ask<log::BundleHeader>(from, [&](auto done) {
    bundle_header(from.log->events(), "w", "log.example", end_of(from), std::move(done));
  });
  return std::make_shared<BundleExport>(from.sources, header.value(), std::vector<log::Statement>{},
                                        wish);
}

Result<Bytes> next_piece(TestWorld& from, BundleExport& bundle) {
  return ask<Bytes>(from, [&](auto done) { bundle.next(std::move(done)); });
}

using Before = std::function<void(std::size_t piece)>;

Result<Bytes> export_all(TestWorld& from, ExportWish wish = {}, const Before& before = {}) {
  const auto bundle = begin_export(from, wish);
  Bytes all;
  for (std::size_t pieces = 0;; ++pieces) {
    if (before) before(pieces);
    const auto piece = next_piece(from, *bundle);
    if (!piece || piece->empty()) return piece ? Result<Bytes>(std::move(all)) : piece;
    all.insert(all.end(), piece->begin(), piece->end());
  }
}

// Carries out so many steps, as if the process ended then; how many there were.
std::size_t import_bundle(TestWorld& to, ByteView bytes, std::size_t max_steps = 1 << 20) {
  BundleImport import(head_of(to), {.types = test::test_types()});
  log::BundleReader reader;
  reader.feed(bytes);
  std::size_t count = 0;
  for (auto section = reader.next(); section && *section; section = reader.next()) {
    auto steps = import.section(**section);
    EXPECT_TRUE(steps) << steps.error().message;
    if (!steps) return count;
    for (ImportStep& step : *steps) {
      if (count++ >= max_steps) continue;
      const auto done = ask<void>(
          to, [&](auto answer) { carry_out(to.sources, "w", std::move(step), std::move(answer)); });
      EXPECT_TRUE(done) << done.error().message;
    }
  }
  EXPECT_TRUE(reader.finish());
  return count;
}

// Imports are interrupted after each number of steps, and gone on with.
void expect_states_arrive(TestWorld& from, const RandomHistory& history,
                          const std::vector<log::Position>& moments) {
  const Bytes bytes = export_all(from).value();
  TestWorld whole;
  const std::size_t steps = import_bundle(whole, bytes);
  EXPECT_GE(steps, 7u);  // events and a state for each of three objects, and the rest
  for (std::size_t ends = 0; ends <= steps; ++ends) {
    TestWorld to;
    import_bundle(to, bytes, ends);
    import_bundle(to, bytes);
    ASSERT_EQ(head_of(to), head_of(from));
    for (const log::Position at : moments) expect_state(to, history, at);
    if (::testing::Test::HasFatalFailure()) FAIL() << "after " << ends << " steps";
  }
}

TEST(BundleRetention, AnImportThatWasInterruptedAnywhereEndsWithEveryState) {
  TestWorld from;
  RandomHistory history(from, 1);
  history.write(100);
  keep_last(from, 20);
  EXPECT_EQ(retain_all(from), 80u);
  expect_states_arrive(from, history, {80, 90, 100});
}

TEST(BundleRetention, StatesAtPinsArriveBesideThoseAtTheFloor) {
  TestWorld from;
  RandomHistory history(from, 3);
  history.write(100);
  pin(from, "p", 30);
  pin(from, "q", 50);
  keep_last(from, 20);
  EXPECT_EQ(retain_all(from), 80u);
  expect_states_arrive(from, history, {30, 50, 80, 90, 100});
}

// A state in a file is no better than the events that are there.
TEST(BundleRetention, AnImportPutsNoStateInPlaceOfEventsThatAreThere) {
  TestWorld from;
  RandomHistory history(from, 2);
  history.write(60);
  const Bytes full = export_all(from).value();
  raise_floor(from, 60);
  EXPECT_EQ(retain_all(from), 60u);
  const Bytes retained = export_all(from).value();
  TestWorld to;
  import_bundle(to, full);
  import_bundle(to, retained);
  for (const std::string object : {"o0", "o1", "o2"})
    EXPECT_TRUE(snapshots_of(to, object).newest_first.empty()) << object;
  expect_model(to, history);
}

// Events are read a section at a time, and a large one ends a section.
void write_in_sections(TestWorld& world, RandomHistory& history, std::size_t sections) {
  Typist large(99);
  for (std::size_t i = 0; i < sections; ++i) {
    history.write(20);
    submit(world, "large", large.insert(0, std::string(std::size_t{1} << 20, 'x')));
  }
}

// The keeper is as far as it gets, before each of the pieces in turn: so before the listing, between
// that and the state, and between states.
TEST(BundleRetention, AnExportBesideTheKeeperHasEveryState) {
  for (const bool all_snapshots : {false, true}) {
    for (std::size_t moved_at = 0; moved_at < 16; ++moved_at) {
      TestWorld from(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 400});
      RandomHistory history(from, 5);
      write_in_sections(from, history, 6);
      const log::Position end = end_of(from);
      pin(from, "p", 30);
      keep_last(from, end - 64);
      retain_all(from);
      const auto bytes = export_all(from, {.all_snapshots = all_snapshots}, [&](std::size_t piece) {
        if (piece != moved_at) return;
        pin(from, "q", 80);
        keep_last(from, end - 100);
        retain_all(from);
      });
      ASSERT_TRUE(bytes) << bytes.error().message;
      TestWorld to;
      import_bundle(to, *bytes);
      for (const log::Position at : {log::Position{30}, log::Position{100}, end})
        expect_state(to, history, at);
      if (HasFatalFailure()) FAIL() << "moved at piece " << moved_at;
    }
  }
}

// A state behind the end of the file is of no use to it.
TEST(BundleRetention, AnExportThatRetentionPassesIsRefused) {
  std::size_t refused = 0;
  for (std::size_t moved_at = 0; moved_at < 20; ++moved_at) {
    TestWorld from;
    RandomHistory history(from, 5);
    write_in_sections(from, history, 3);
    keep_last(from, 30);
    retain_all(from);
    const log::Position end = end_of(from);
    const auto bytes = export_all(from, {}, [&](std::size_t piece) {
      if (piece != moved_at) return;
      history.write(40);
      retain_all(from);
    });
    if (!bytes) {
      ++refused;
      EXPECT_EQ(bytes.error().code, ErrorCode::kConflict);
      EXPECT_EQ(
          bytes.error().message,
          fmt::format("retention has moved on: workspace w is kept from position {} on, and the "
                      "file ends at {}; export it again",
                      end_of(from) - 31, end));
      continue;
    }
    TestWorld to;
    import_bundle(to, *bytes);
    expect_state(to, history, end);
    if (HasFatalFailure()) FAIL() << "moved at piece " << moved_at;
  }
  EXPECT_GE(refused, 3u);
  EXPECT_LT(refused, 20u);
}

// A file in pieces, each by an export of its own that knows nothing of the others.
TEST(BundleRetention, AnExportIsGoneOnWithBesideTheKeeper) {
  for (std::size_t moved_at = 1; moved_at < 8; ++moved_at) {
    TestWorld from;
    RandomHistory history(from, 5);
    write_in_sections(from, history, 6);
    const log::Position end = end_of(from);
    keep_last(from, end - 64);
    retain_all(from);
    const auto header = ask<log::BundleHeader>(from, [&](auto done) {
      bundle_header(from.log->events(), "w", "log.example", end, std::move(done));
    });
    Bytes all;
    std::optional<log::BundleMark> mark;
    for (std::size_t part = 0;; ++part) {
      if (part == moved_at) {
        keep_last(from, end - 100);
        retain_all(from);
      }
      const auto bundle = std::make_shared<BundleExport>(
          from.sources, header.value(), std::vector<log::Statement>{}, ExportWish{.from = mark});
      bool ended = false;
      do {
        const auto piece = next_piece(from, *bundle);
        ASSERT_TRUE(piece) << piece.error().message;
        all.insert(all.end(), piece->begin(), piece->end());
        ended = piece->empty();
      } while (!ended && !bundle->at_mark());
      if (ended) break;
      log::BundleReader reader;
      reader.feed(all);
      for (auto section = reader.next(); section && *section; section = reader.next()) {
      }
      mark = reader.here();
    }
    TestWorld to;
    import_bundle(to, all);
    for (const log::Position at : {log::Position{100}, end}) expect_state(to, history, at);
    if (HasFatalFailure()) FAIL() << "moved at part " << moved_at;
  }
}

// What cannot be read now is not taken for what is not there; asked again, the file is the same.
TEST(BundleRetention, AReadThatFailsLeavesNothingOut) {
  TestWorld from;
  RandomHistory history(from, 6);
  history.write(60);
  pin(from, "p", 20);
  keep_last(from, 10);
  retain_all(from);
  const Bytes whole = export_all(from).value();
  std::size_t failed = 0;
  for (int failing = 0; failing < 40; ++failing) {
    int reads = 0;
    from.store.fail_reads([&](const std::string&) -> std::optional<Error> {
      if (reads++ != failing) return std::nullopt;
      return Error{ErrorCode::kIo, "the disk failed"};
    });
    const auto bundle = begin_export(from);
    Bytes all;
    for (bool ended = false; !ended;) {
      const auto piece = next_piece(from, *bundle);
      if (!piece) {
        ++failed;
        ASSERT_EQ(piece.error(), (Error{ErrorCode::kIo, "reading workspace w: the disk failed"}));
        continue;
      }
      ended = piece->empty();
      all.insert(all.end(), piece->begin(), piece->end());
    }
    ASSERT_EQ(all, whole) << "read " << failing;
  }
  EXPECT_GE(failed, 12u);  // three objects, two states each, listed and read
}

// A damaged state keeps nobody from taking the rest along.
TEST(BundleRetention, ADamagedStateIsLeftOut) {
  TestWorld from;
  RandomHistory history(from, 8);
  history.write(40);
  keep_last(from, 5);
  retain_all(from);
  from.store.damage_snapshot("w", "o1");
  TestWorld to;
  import_bundle(to, export_all(from).value());
  for (const std::string object : {"o0", "o2"})
    EXPECT_EQ(replay(to, object, log::kNow)->object->to_json(), history.model_at(40).at(object));
  EXPECT_EQ(replay(to, "o1", log::kNow).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace syncline::state
