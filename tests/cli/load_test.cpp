// `syncline bench` and `syncline chaos`: what they are made of, and bench as a whole. The long runs
// of chaos are in tests/chaos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/chaos/chaos_plan.h"
#include "cli/load/arrivals.h"
#include "cli/load/bench_report.h"
#include "cli/load/histogram.h"
#include "cli/program.h"

namespace syncline::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(Histogram, KnowsQuantilesToWithinAFewPercent) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.record(value);
  EXPECT_EQ(histogram.count(), 100'000U);
  EXPECT_EQ(histogram.max(), 100'000U);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 100'000;
    EXPECT_GE(static_cast<double>(histogram.quantile(share)), exact);
    EXPECT_LE(static_cast<double>(histogram.quantile(share)), exact * 1.016);
  }
  EXPECT_EQ(histogram.quantile(1), 100'000U);
}

TEST(Histogram, TakesEveryValue) {
  Histogram histogram;
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{64}, std::uint64_t{65}, UINT64_MAX})
    histogram.record(value);
  EXPECT_EQ(histogram.quantile(0.2), 0U);
  EXPECT_EQ(histogram.quantile(0.4), 63U);
  EXPECT_EQ(histogram.quantile(0.6), 64U);
  EXPECT_EQ(histogram.quantile(1), UINT64_MAX);
}

TEST(Arrivals, KeepTheirRateAndDependOnTheSeedAlone) {
  const auto times = [](std::uint64_t seed) {
    Arrivals arrivals(sim::Dice(seed), 5'000'000, 1000);
    std::vector<std::uint64_t> all(20'000);
    for (std::uint64_t& time : all) time = arrivals.next();
    return all;
  };
  const auto first = times(1);
  EXPECT_EQ(first, times(1));
  EXPECT_NE(first, times(2));
  EXPECT_TRUE(std::ranges::is_sorted(first));
  EXPECT_GE(first.front(), 5'000'000U);
  EXPECT_NEAR(static_cast<double>(first.back() - 5'000'000) / 1e6, 20.0, 1.0);
}

BenchResult sound_result() {
  BenchResult result;
  result.own_server = true;
  result.durability = "disk";
  result.offered = result.acked = 5000;
  result.sync_us = 500;
  result.cores = 2;
  result.load = 0.1;
  for (int i = 0; i < 5000; ++i) {
    result.ack_us.record(1000);
    result.late_us.record(50);
  }
  return result;
}

// Those that tell of the run, not of the build that runs this test.
std::vector<std::string> warnings_of(const BenchResult& result) {
  std::vector<std::string> all = bench_warnings({}, result);
  std::erase_if(all, [](const std::string& text) { return text.starts_with("this build"); });
  return all;
}

TEST(BenchWarnings, ComeWhenFiguresMeanNothing) {
  EXPECT_THAT(warnings_of(sound_result()), IsEmpty());
  const auto only = [](auto&& change, const char* words) {
    BenchResult result = sound_result();
    change(result);
    const auto warnings = warnings_of(result);
    ASSERT_THAT(warnings, SizeIs(1)) << words;
    EXPECT_THAT(warnings.front(), HasSubstr(words));
  };
  only([](BenchResult& result) { result.durability = "memory"; }, "acks mean 'memory'");
  only([](BenchResult& result) { result.sync_us = 3; }, "that is memory, not a disk");
  only([](BenchResult& result) { result.load = 1.5; }, "load average 1.5 on 2 cores");
  only([](BenchResult& result) { result.acked = 4000; }, "4000 of 5000 changes");
  only(
      [](BenchResult& result) {
        for (int i = 0; i < 100; ++i) result.late_us.record(50'000);
      },
      "the generator itself was late");
}

TEST(BenchComparison, PrintsRatiosOfLikeRuns) {
  const BenchOptions options;
  BenchResult before = sound_result();
  before.saturated_per_s = 1000;
  BenchResult after = before;
  after.saturated_per_s = 1500;
  const auto table = bench_comparison(bench_json(options, before), bench_json(options, after));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(*table, HasSubstr("1000  1500   1.50"));

  BenchOptions other;
  other.clients = 3;
  const auto unlike = bench_comparison(bench_json(other, before), bench_json(options, after));
  ASSERT_FALSE(unlike);
  EXPECT_THAT(unlike.error().message, HasSubstr("clients is 3, not 20"));
  EXPECT_EQ(bench_comparison("[]", "{}").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(bench_comparison("{", "{}").error().code, ErrorCode::kMalformed);
}

TEST(ChaosPlan, IsDrawnFromTheSeedAlone) {
  const ChaosSize size{.seconds = 30};
  const std::string once = schedule_text(draw_chaos(5, size));
  EXPECT_EQ(once, schedule_text(draw_chaos(5, size)));
  EXPECT_NE(once, schedule_text(draw_chaos(6, size)));
}

TEST(ChaosPlan, HasEveryKindOfFaultWithinAMinute) {
  const ChaosPlan plan = draw_chaos(1, {.seconds = 60});
  std::set<sim::FaultKind> seen;
  std::uint64_t last = 0;
  for (const sim::Fault& fault : plan.world.faults) {
    EXPECT_GE(fault.at_us, last);
    last = fault.at_us;
    EXPECT_LT(fault.client,
              plan.world.clients.size() + plan.world.vandals.size() + plan.yjs.size());
    seen.insert(fault.kind);
  }
  EXPECT_LT(last, 60'000'000U);
  for (const sim::FaultKind kind : chaos_kinds())
    EXPECT_TRUE(seen.contains(kind)) << sim::to_string(kind);
}

TEST(ChaosCommand, PrintsItsScheduleAndRefusesNonsense) {
  const auto dry = testing::run({"chaos", "--seed", "5", "--seconds", "30", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_THAT(dry.out, HasSubstr(schedule_text(draw_chaos(5, {.seconds = 30, .yjs = 0}))));
  EXPECT_EQ(testing::run({"chaos", "--seconds", "0"}).code, 2);
  const auto missing = testing::run({"chaos", "--with-yjs", "/no/such/folder"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("chaos_client.mjs"));
}

// The whole of it, small: a server, clients on a schedule, and figures that are of this run.
TEST(BenchCommand, MeasuresAServerOfItsOwn) {
  const testing::TempDir dir;
  const std::string saved = dir.file("run.json");
  const std::vector<std::string> command = {"bench", "--clients", "6", "--documents", "2", "--rate",
                                            "100",   "--seconds", "2"};
  std::vector<std::string> first = command;
  first.insert(first.end(), {"--json", "--save", saved});
  const auto run = testing::run(first);
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out, testing::read_whole(saved));
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["durability"], "disk");
  const auto& open = json["open_loop"];
  EXPECT_GT(open["offered"], 100);
  EXPECT_LT(open["offered"], 400);
  // Deletions are made as well, and only what inserts is timed; each of two others receives it.
  const auto timed = open["ack_us"]["count"].get<int>();
  EXPECT_GT(timed, 50);
  EXPECT_LE(timed, open["offered"]);
  EXPECT_EQ(open["receipt_us"]["count"], 2 * timed);
  EXPECT_GE(open["ack_us"]["p99"], open["ack_us"]["p50"]);
  EXPECT_GE(open["ack_us"]["max"], open["ack_us"]["p999"]);
  EXPECT_GT(open["ack_us"]["p50"], 0);
  EXPECT_GT(json["saturated"]["changes_per_s"], 0);
  EXPECT_GT(json["server"]["peak_memory_bytes"], 1 << 20);
  EXPECT_GT(json["disk"]["ratio"], 0);

  std::vector<std::string> second = command;
  second.insert(second.end(), {"--protocol", "hocuspocus", "--compare", saved});
  const auto unlike = testing::run(second);
  EXPECT_EQ(unlike.code, 1);
  EXPECT_THAT(unlike.err, HasSubstr("measured something else: protocol"));
  EXPECT_THAT(unlike.out, HasSubstr("throughput"));
  EXPECT_THAT(unlike.out, Not(HasSubstr("none")));
}

TEST(BenchCommand, RefusesNonsense) {
  EXPECT_EQ(testing::run({"bench", "--clients", "0"}).code, 2);
  EXPECT_EQ(testing::run({"bench", "--documents", "30"}).code, 2);
  EXPECT_EQ(testing::run({"bench", "--workload", "nothing"}).code, 2);
  const auto nobody = testing::run({"bench", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("not a URL such as ws://"));
}

}  // namespace
}  // namespace syncline::cli
