// What jobs read of the log is charged to them.
#include "state/job_reads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "one_workspace.h"
#include "state/author_reading.h"
#include "state/bundle_export.h"
#include "state/worker.h"

namespace syncline::state {
namespace {

constexpr std::uint64_t kReadMiB = std::uint64_t{1} << 20;

// A worker of a process with 1,000 MiB, of which answers may have 30 MiB.
struct JobReadsTest : ::testing::Test {
  using Page = std::optional<Result<std::vector<log::Event>>>;

  // A job; it is over when the slot is destroyed.
  struct Job {
    const ReplaySources* sources = nullptr;
    JobSlot slot;
  };
  std::unique_ptr<Job> begin(const char* asker = "a") {
    auto job = std::make_unique<Job>();
    worker.take({.asker = asker}, [to = job.get()](Result<Workplace*> place, JobSlot slot) {
      to->sources = &(*place)->sources;
      to->slot = std::move(slot);
    });
    world.loop.run();
    return job;
  }

  std::shared_ptr<Page> read(const Job& job, log::Position after) {
    auto page = std::make_shared<Page>();
    job.sources->events.read("w", after, {}, [page](auto events) { *page = std::move(events); });
    world.loop.run();
    return page;
  }

  // A job that leaves no room for others.
  std::unique_ptr<Job> fill() {
    auto job = begin("full");
    job->sources->room->want(
        100 * kReadMiB, [this](Result<MemoryCharge> got) { filling = std::move(got.value()); });
    return job;
  }
  void make_room(std::unique_ptr<Job>& filler) {
    filling = MemoryCharge();
    filler.reset();
    world.loop.advance(100);
  }

  void write(std::size_t bytes) { submit(world, "o", typist.type(std::string(bytes, 'x'))); }
  std::uint64_t used() { return memory.used(MemoryUse::kAnswers); }

  TestWorld world;
  Typist typist{1};
  MemoryBudget memory{1000 * kReadMiB, 1, {0, 0, 0, 0, 0, 30 * kReadMiB, 0}};
  std::shared_ptr<AnswerRoom> room =
      std::make_shared<AnswerRoom>(memory.cell(MemoryUse::kAnswers), &memory);
  JobCounters counters;
  Worker worker{world.loop, world.sources, counters, {.running = 3}, room};
  MemoryCharge filling;
};

TEST_F(JobReadsTest, TheStoreTellsTheSizeOfTheNextRecord) {
  write(10);
  write(5000);
  const std::vector<log::Event> events = events_of(world);
  const auto measure = [&](const char* object, log::Position after) {
    return ask<std::uint64_t>(world,
                              [&](auto done) {
                                world.log->events().measure_next("w", object, after,
                                                                 std::move(done));
                              })
        .value();
  };
  EXPECT_EQ(measure("", 0), log::record_bytes(events[0]));
  EXPECT_EQ(measure("", 1), log::record_bytes(events[1]));
  EXPECT_EQ(measure("o", 1), log::record_bytes(events[1]));
  EXPECT_EQ(measure("", 2), 0u);
  EXPECT_EQ(measure("o", log::kNow), 0u);
  EXPECT_EQ(measure("none", 0), 0u);
}

TEST_F(JobReadsTest, ALargeEventWaitsForMemoryBeforeItIsRead) {
  write(10);
  write(3 * kReadMiB);
  auto filler = fill();
  auto job = begin();
  const auto little = read(*job, 0);
  ASSERT_TRUE(*little && **little);
  EXPECT_EQ((**little)->size(), 1u);
  const auto large = read(*job, 1);
  world.loop.advance(1000);
  EXPECT_FALSE(*large);
  EXPECT_LT(used(), 101 * kReadMiB);
  make_room(filler);
  ASSERT_TRUE(*large && **large);
  EXPECT_GT(used(), 6 * kReadMiB) << "the event, and what is made of it";
  EXPECT_LT(used(), 7 * kReadMiB);
  job.reset();
  EXPECT_EQ(used(), 0u);
}

TEST_F(JobReadsTest, ALargeEventForWhichThereIsNoMemoryIsRefused) {
  write(3 * kReadMiB);
  auto filler = fill();
  auto job = begin();
  const auto page = read(*job, 0);
  world.loop.advance(RoomLine::kMostWaitMs + 100);
  ASSERT_TRUE(*page);
  EXPECT_EQ((*page)->error().code, ErrorCode::kUnavailable);
}

TEST_F(JobReadsTest, ALargeEventBehindTheEndIsNotWaitedFor) {
  write(10);
  write(3 * kReadMiB);
  auto filler = fill();
  auto job = begin();
  Page page;
  job->sources->events.read("w", 1, {.to = 1}, [&page](auto events) { page = std::move(events); });
  world.loop.run();
  ASSERT_TRUE(page && *page);
  EXPECT_TRUE((*page)->empty());
}

TEST_F(JobReadsTest, PagesAreSmallAndTheLastTwoAreCharged) {
  for (int i = 0; i < 8; ++i) write(900'000);
  auto job = begin();
  const std::uint64_t before = used();
  std::uint64_t most = 0;
  for (log::Position at = 0; at < 8; ++at) {
    const auto page = read(*job, at);
    ASSERT_TRUE(*page && **page);
    EXPECT_EQ((**page)->size(), 1u);
    EXPECT_GT(used() - before, (at == 0 ? 1 : 2) * 900'000u);
    most = std::max(most, used() - before);
  }
  EXPECT_LT(most, 2 * 910'000u);
}

// The job that reads ahead may be over before it has its answer.
TEST_F(JobReadsTest, AfterTheJobNothingIsCharged) {
  write(900'000);
  auto job = begin();
  auto page = std::make_shared<Page>();
  job->sources->events.read("w", 0, {}, [page](auto events) { *page = std::move(events); });
  job.reset();
  world.loop.run();
  EXPECT_TRUE(*page);
  EXPECT_EQ(used(), 0u);
}

// ---- exports

TEST_F(JobReadsTest, AnExportWaitsForALargeEventAndHoldsNothingBetweenPieces) {
  write(10);
  write(3 * kReadMiB);
  write(10);
  const auto header = ask<log::BundleHeader>(world, [&](auto done) {
    bundle_header(world.log->events(), "w", "log", 3, std::move(done));
  });
  const auto made = std::make_shared<BundleExport>(world.sources, header.value(),
                                                   std::vector<log::Statement>{}, ExportWish{});
  auto bytes = std::make_shared<std::optional<Result<Bytes>>>();
  const auto next = [&](const Job& job) {
    bytes->reset();
    made->next(*job.sources, [bytes](Result<Bytes> piece) { *bytes = std::move(piece); });
    world.loop.run();
  };
  for (int i = 0; i < 2; ++i) {
    auto job = begin();
    next(*job);
    ASSERT_TRUE(*bytes && **bytes);
    EXPECT_LT((*bytes)->value().size(), 1000u) << "the header, and the first event";
  }
  auto filler = fill();
  auto job = begin();
  next(*job);
  world.loop.advance(1000);
  EXPECT_FALSE(*bytes);
  make_room(filler);
  ASSERT_TRUE(*bytes && **bytes);
  EXPECT_GT((*bytes)->value().size(), 3 * kReadMiB);
  EXPECT_GT(used(), 6 * kReadMiB);
  job.reset();
  EXPECT_EQ(used(), 0u);
}

// ---- indexes of authors

TEST(AnswerRoomTest, WorkersShareWhatTheyMayKeep) {
  MemoryCell answers(40 * kReadMiB);
  EXPECT_EQ(AnswerRoom(answers).most_kept(), 20 * kReadMiB);
  EXPECT_EQ(AnswerRoom(answers, nullptr, 4).most_kept(), 5 * kReadMiB);
  MemoryCell unlimited;
  EXPECT_EQ(AnswerRoom(unlimited, nullptr, 2).most_kept(), 32 * kReadMiB);
}

// It is kept when it is complete, and may be too large to be kept.
TEST_F(JobReadsTest, AnIndexIsChargedWhileItGrows) {
  for (int i = 0; i < 3000; ++i) write(1);
  auto job = begin();
  std::uint64_t most = 0;
  std::shared_ptr<const AuthorIndexes::Kept> kept;
  read_authors(*job->sources, {"w", "o", merge::doc_type(), 1, 3000},
               [&](auto read) { kept = std::move(read.value()); });
  std::function<void()> look = [&] {
    most = std::max(most, used());
    if (kept == nullptr) world.loop.post(look);
  };
  look();
  world.loop.run();
  ASSERT_NE(kept, nullptr);
  EXPECT_GT(most, kept->index.memory_bytes() / 2);
}

}  // namespace
}  // namespace syncline::state
