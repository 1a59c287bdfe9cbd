#include "backend/process/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

namespace syncline::backend {

void lower_thread_priority() {
  constexpr int kNice = 10;
  // On Linux, this sets the priority of one thread.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

}  // namespace syncline::backend
