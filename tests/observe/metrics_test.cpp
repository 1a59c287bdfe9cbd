#include "observe/metrics_page.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "support/prometheus.h"

namespace syncline::observe {
namespace {

using testing::PrometheusPage;

TEST(Histogram, ABucketHoldsWhatIsAtMostItsBound) {
  Histogram histogram = Histogram::microseconds();
  for (const std::uint64_t value : {0, 1, 16, 17, 32, 33}) histogram.observe(value);
  EXPECT_EQ(histogram.bound(0), 16u);
  EXPECT_EQ(histogram.in_bucket(0), 3u);  // 0, 1, 16
  EXPECT_EQ(histogram.in_bucket(1), 2u);  // 17, 32
  EXPECT_EQ(histogram.in_bucket(2), 1u);  // 33
  EXPECT_EQ(histogram.count(), 6u);
  EXPECT_EQ(histogram.sum(), 99u);
}

TEST(Histogram, TheLastBucketTakesEverythingElse) {
  Histogram histogram = Histogram::numbers();
  const std::uint64_t last_bound = histogram.bound(Histogram::kBuckets - 2);
  histogram.observe(last_bound);
  histogram.observe(last_bound + 1);
  histogram.observe(std::numeric_limits<std::uint64_t>::max() / 2);
  EXPECT_EQ(histogram.in_bucket(Histogram::kBuckets - 2), 1u);
  EXPECT_EQ(histogram.in_bucket(Histogram::kBuckets - 1), 2u);
}

TEST(Histogram, EveryValueIsInTheBucketOfItsBounds) {
  for (Histogram histogram :
       {Histogram::numbers(), Histogram::microseconds(), Histogram::bytes()}) {
    for (std::uint64_t value = 1; value < (std::uint64_t{1} << 33); value = value * 3 / 2 + 1) {
      Histogram one = histogram;
      one.observe(value);
      std::size_t bucket = 0;
      while (one.in_bucket(bucket) == 0) ++bucket;
      EXPECT_TRUE(bucket == 0 || value > one.bound(bucket - 1)) << value;
      EXPECT_TRUE(bucket + 1 == Histogram::kBuckets || value <= one.bound(bucket)) << value;
    }
  }
}

TEST(Histogram, MergesAsIfOneHadSeenAll) {
  Histogram both = Histogram::bytes();
  Histogram left = Histogram::bytes();
  Histogram right = Histogram::bytes();
  for (std::uint64_t value = 1; value < 1'000'000; value *= 7) {
    (value % 2 == 0 ? left : right).observe(value);
    left.observe(value * 2);
    both.observe(value);
    both.observe(value * 2);
  }
  left.merge(right);
  EXPECT_EQ(left.sum(), both.sum());
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i)
    EXPECT_EQ(left.in_bucket(i), both.in_bucket(i));
}

TEST(MetricsPage, IsValidForPrometheus) {
  MetricsPage page;
  page.counter("edits_total", "Edits.", std::numeric_limits<std::uint64_t>::max());
  page.gauge("open", "A \\ and a\nline.", 3);
  const std::array names{MetricsPage::Labelled{"plain", 1},
                         MetricsPage::Labelled{"with \"quotes\", \\ and a\nline", 2}};
  page.counters("slow_total", "Slow ones.", "what", names);
  page.gauges("of", "Of each.", "what", {});
  Histogram histogram = Histogram::microseconds();
  for (const std::uint64_t value : {1, 100, 5'000'000}) histogram.observe(value);
  page.histogram("time_seconds", "It takes.", histogram, 1e6);
  page.histogram("sizes", "How large.", Histogram::bytes());
  const PrometheusPage parsed(page.take());
  EXPECT_EQ(parsed.error(), "");
  EXPECT_EQ(parsed.value("syncline_open"), 3);
  EXPECT_EQ(parsed.value("syncline_slow_total{what=\"plain\"}"), 1);
  EXPECT_EQ(parsed.value("syncline_slow_total{what=\"with \\\"quotes\\\", \\\\ and a\\nline\"}"),
            2);
  EXPECT_EQ(parsed.value("syncline_time_seconds_bucket{le=\"1.6e-05\"}"), 1);
  EXPECT_EQ(parsed.value("syncline_time_seconds_bucket{le=\"0.000128\"}"), 2);
  EXPECT_EQ(parsed.value("syncline_time_seconds_bucket{le=\"+Inf\"}"), 3);
  EXPECT_EQ(parsed.value("syncline_time_seconds_sum"), 5.000101);
  EXPECT_EQ(parsed.value("syncline_sizes_count"), 0);
}

// The parser is a test's tool, so it is shown that it can fail.
TEST(MetricsPage, TheStrictParserRefusesWhatIsWrong) {
  const std::string head = "# HELP a_total A.\n# TYPE a_total counter\n";
  EXPECT_EQ(PrometheusPage(head + "a_total 1\n").error(), "");
  for (const std::string& page :
       {head + "a_total 1", head + "a_total x\n", head + "b_total 1\n",
        head + "a_total 1\na_total 1\n", head + "a_total{w=\"\"\"} 1\n",
        head + "a_total{w=\"\\x\"} 1\n", std::string("a_total 1\n"),
        head + "a_total 1\n" + head + "a_total 2\n", std::string("# HELP a A.\na 1\n"),
        std::string("# HELP a A.\n# TYPE a counter\na 1\n"),
        std::string("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} "
                    "1\nh_sum 1\nh_count 1\n"),
        std::string(
            "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n"),
        std::string("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n")})
    EXPECT_NE(PrometheusPage(page).error(), "") << page;
}

}  // namespace
}  // namespace syncline::observe
