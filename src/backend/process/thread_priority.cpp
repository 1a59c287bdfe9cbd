#include "backend/process/thread_priority.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace syncline::backend {
namespace {

constexpr std::uint64_t kShortSliceNs = 200'000;

// The kernel's struct sched_attr, which the C library does not declare.
struct SchedAttributes {
  std::uint32_t size = sizeof(SchedAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

}  // namespace

void name_thread(const char* name) {
  (void)pthread_setname_np(pthread_self(), name);
}

void lower_thread_priority() {
  constexpr int kNice = 10;
  const sched_param none{};
  (void)sched_setscheduler(0, SCHED_BATCH, &none);
  // On Linux, this is the priority of one thread.
  const auto self = static_cast<id_t>(gettid());
  if (getpriority(PRIO_PROCESS, self) < kNice) (void)setpriority(PRIO_PROCESS, self, kNice);
}

void ask_for_short_slices() {
  SchedAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  attributes.runtime_ns = kShortSliceNs;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace syncline::backend
