// MemoryWatch: a thread that measures the resident memory of the process ten times a second, for its
// MemoryBudget, and reports when the level changes.
//
// While memory is short, and whenever the allocator keeps much, it asks the allocator about once a second
// to return that. Large blocks return by themselves: see return_large_blocks().
//
// Thread-safety: built and destroyed by one thread. The budget and the sink must outlive it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/memory_budget.h"
#include "observe/report.h"

namespace syncline::backend {

// Resident memory of this process, in bytes; 0 if the system does not say.
std::uint64_t resident_memory_bytes();

// What is resident besides the blocks in use: the program, and what the allocator keeps of freed blocks. An
// estimate; costs a look at each free block.
std::uint64_t kept_memory_bytes(std::uint64_t resident);

// Makes the allocator return blocks of 512 KiB and more to the system as soon as they are freed. By
// default it begins with smaller ones, but then keeps ever larger ones (up to 32 MiB). Must be
// called before there are threads.
void return_large_blocks();

class MemoryWatch {
 public:
  MemoryWatch(MemoryBudget& budget, observe::Sink* sink);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

 private:
  void run();
  void look();
  void report(MemoryLevel before, MemoryLevel now) const;

  MemoryBudget& budget_;
  const observe::Reporter reporter_;
  int looks_since_trim_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last, because it uses the members above
};

}  // namespace syncline::backend
