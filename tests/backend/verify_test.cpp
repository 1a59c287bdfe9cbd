// Verification of a data directory: whatever was done to it is found and named.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "backend/store/database.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "support/history_writer.h"

namespace syncline::testing {
namespace {

namespace store = backend::store;

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
    const auto raw = opened->open_log(loop);
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
