// Bundles of workspaces whose old payloads were dropped: the states that stand for them go along and
// arrive, whatever comes between.
#include <gtest/gtest.h>

#include "log/bundle_reader.h"
#include "state/bundle_export.h"
#include "state/bundle_import.h"
#include "workspace/retained_history.h"

namespace syncline::state {
namespace {

std::shared_ptr<BundleExport> begin_export(TestWorld& from, ExportWish wish = {}) {
  auto header = ask<log::BundleHeader>(from, [&](auto done) {
    bundle_header(*from.log, "w", "log.example", end_of(from), std::move(done));
  });
  return std::make_shared<BundleExport>(*from.log, header.value(), std::vector<log::Statement>{},
                                        wish);
}

Result<Bytes> next_piece(TestWorld& from, BundleExport& bundle) {
  return ask<Bytes>(from, [&](auto done) { bundle.next(std::move(done)); });
}

Result<Bytes> export_all(TestWorld& from) {
  const auto bundle = begin_export(from);
  Bytes all;
  for (;;) {
    const auto piece = next_piece(from, *bundle);
    if (!piece || piece->empty()) return piece ? Result<Bytes>(std::move(all)) : piece;
    all.insert(all.end(), piece->begin(), piece->end());
  }
}

// Carries out so many steps, as if the process ended then; how many there were.
std::size_t import(TestWorld& to, ByteView bytes, std::size_t max_steps = 1 << 20) {
  BundleImport import(head_of(to), {});
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
          to, [&](auto answer) { carry_out(*to.log, "w", std::move(step), std::move(answer)); });
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
  const std::size_t steps = import(whole, bytes);
  EXPECT_GE(steps, 7u);  // events and a state for each of three objects, and the rest
  for (std::size_t ends = 0; ends <= steps; ++ends) {
    TestWorld to;
    import(to, bytes, ends);
    import(to, bytes);
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
  log::RetentionChange raise{.act = log::RetentionAct::kRaiseFloor, .principal = "", .reason = ""};
  raise.floor = 60;
  change_retention(from, raise);
  EXPECT_EQ(retain_all(from), 60u);
  const Bytes retained = export_all(from).value();
  TestWorld to;
  import(to, full);
  import(to, retained);
  for (const std::string object : {"o0", "o1", "o2"})
    EXPECT_TRUE(snapshots_of(to, object).newest_first.empty()) << object;
  expect_model(to, history);
}

}  // namespace
}  // namespace syncline::state
