#include "api/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace syncline::api {
namespace {

TEST(ApiMetrics, BucketsOfAHistogramAddUp) {
  MetricsPage page;
  const std::array buckets{HistogramBucket{0.5, 2}, HistogramBucket{1, 0},
                           HistogramBucket{std::numeric_limits<double>::infinity(), 3}};
  page.histogram("time", "It takes.", buckets, 7.5);
  EXPECT_EQ(page.take(),
            "# HELP syncline_time It takes.\n# TYPE syncline_time histogram\n"
            "syncline_time_bucket{le=\"0.5\"} 2\nsyncline_time_bucket{le=\"1\"} 2\n"
            "syncline_time_bucket{le=\"+Inf\"} 5\nsyncline_time_sum 7.5\nsyncline_time_count 5\n");
}

}  // namespace
}  // namespace syncline::api
