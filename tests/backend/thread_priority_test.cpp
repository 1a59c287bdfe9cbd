#include "backend/process/thread_priority.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "backend/process/thread_times.h"

namespace syncline::backend {
namespace {

int nice_of_this_thread() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
}

TEST(ThreadPriority, OneThreadGoesAfterTheOthersAndInterruptsNobody) {
  const int before = nice_of_this_thread();
  std::thread([before] {
    lower_thread_priority();
    EXPECT_EQ(nice_of_this_thread(), std::max(before, 10));
    EXPECT_EQ(sched_getscheduler(0), SCHED_BATCH);
  }).join();
  EXPECT_EQ(nice_of_this_thread(), before);
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

TEST(ThreadPriority, ShortSlicesChangeNothingElse) {
  const int before = nice_of_this_thread();
  std::thread([before] {
    ask_for_short_slices();
    EXPECT_EQ(nice_of_this_thread(), before);
    EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
  }).join();
}

TEST(ThreadTimes, ThreadsOfOneNameAreAddedUp) {
  std::atomic<bool> over = false;
  std::atomic<int> named = 0;
  const auto work = [&] {
    name_thread("worker");
    ++named;
    while (!over) continue;
  };
  std::thread one(work), two(work);
  while (named < 2) std::this_thread::yield();
  const auto is = [](const char* name) {
    return [name](const ThreadTimes& each) { return each.name == name; };
  };
  // On a busy machine, a thread that waits is counted only when it runs again.
  std::vector<ThreadTimes> all;
  std::uint64_t workers_ns = 0;
  for (int i = 0; i < 500 && workers_ns <= 20'000'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    all = thread_times();
    const auto workers = std::ranges::find_if(all, is("workers"));
    if (workers != all.end()) workers_ns = workers->run_ns + workers->waited_ns;
  }
  over = true;
  one.join();
  two.join();
  EXPECT_GT(workers_ns, 20'000'000u);
  EXPECT_EQ(std::ranges::count_if(all, is("workers")), 1) << "two of them";
  EXPECT_EQ(std::ranges::count_if(all, is("other")), 1);
}

}  // namespace
}  // namespace syncline::backend
