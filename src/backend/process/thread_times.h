// How long the threads of this process ran, and how long they were ready to run and had to wait for a processor, by
// name. A thread that waits shows that the machine is busy, or that others have a higher priority.
//
// Source: /proc/self/task/*/schedstat. Elsewhere, there are no threads. Thread-safety: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::backend {

struct ThreadTimes {
  std::string name;  // of this program's threads, and of RocksDB's; "other" for all others together
  std::uint64_t run_ns = 0;
  std::uint64_t waited_ns = 0;
};

std::vector<ThreadTimes> thread_times();

}  // namespace syncline::backend
