#include "backend/process/memory_watch.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace syncline::backend {
namespace {

constexpr std::chrono::milliseconds kInterval(100);
constexpr int kLooksPerTrim = 10;
// The allocator is asked to return what it keeps if that is more than this, and than a part of the limit.
constexpr std::uint64_t kKeptBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kKeptPart = 32;
constexpr int kLargeBlockBytes = 512 << 10;

}  // namespace

std::uint64_t resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The program itself, and what the allocator keeps.
std::uint64_t kept_memory_bytes(std::uint64_t resident) {
  const struct mallinfo2 info = mallinfo2();
  const std::uint64_t in_use = info.uordblks + info.hblkhd;
  return resident - std::min(resident, in_use);
}

void return_large_blocks() {
  mallopt(M_MMAP_THRESHOLD, kLargeBlockBytes);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlockBytes);
}

MemoryWatch::MemoryWatch(MemoryBudget& budget, observe::Sink* sink)
    : budget_(budget), reporter_(sink, observe::Area::kServer), thread_([this] { run(); }) {}

MemoryWatch::~MemoryWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void MemoryWatch::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) look();
}

void MemoryWatch::look() {
  const MemoryLevel before = budget_.level();
  budget_.set_resident(resident_memory_bytes());
  report(before, budget_.level());
  if (++looks_since_trim_ < kLooksPerTrim) return;
  looks_since_trim_ = 0;
  const std::uint64_t much = kKeptBytes + budget_.limit() / kKeptPart;
  if (budget_.tight() || kept_memory_bytes(budget_.resident()) > much) malloc_trim(0);
}

void MemoryWatch::report(MemoryLevel before, MemoryLevel now) const {
  if (now == before) return;
  const auto fields = {observe::Field("resident_bytes", budget_.resident()),
                       observe::Field("limit_bytes", budget_.limit()),
                       observe::Field("object_bytes", budget_.used(MemoryUse::kObjects)),
                       observe::Field("queue_bytes", budget_.used(MemoryUse::kQueues)),
                       observe::Field("receiving_bytes", budget_.used(MemoryUse::kReceiving)),
                       observe::Field("answer_bytes", budget_.used(MemoryUse::kAnswers)),
                       observe::Field("change_bytes", budget_.used(MemoryUse::kChanges)),
                       observe::Field("presence_bytes", budget_.used(MemoryUse::kPresence)),
                       observe::Field("waiting_bytes", budget_.used(MemoryUse::kWaiting))};
  if (now == MemoryLevel::kFull) {
    reporter_.error("memory is full: new work is refused", fields);
  } else if (now == MemoryLevel::kTight) {
    reporter_.warn("memory is short: who holds most shrinks", fields);
  } else {
    reporter_.info("memory is no longer short", fields);
  }
}

}  // namespace syncline::backend
