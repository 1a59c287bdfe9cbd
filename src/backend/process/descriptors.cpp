#include "backend/process/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace syncline::backend {

DescriptorShares share_descriptors(std::size_t limit, std::size_t wanted_connections) {
  constexpr std::size_t kEnough = 4096;
  const bool plenty = limit / 8 >= kEnough;
  const std::size_t store = plenty ? kEnough : std::clamp<std::size_t>(limit / 8, 64, 256);
  const std::size_t kept = store + std::min<std::size_t>(store, 200);
  const std::size_t left = limit - std::min(limit, kept);
  return {.limit = limit,
          .store = plenty ? 0 : store,
          .connections = std::min(left, wanted_connections)};
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  // A limit without an end is still an end for the tables of the kernel.
  constexpr rlim_t kMost = rlim_t{1} << 24;
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kMost));
}

}  // namespace syncline::backend
