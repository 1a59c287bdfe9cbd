#include "backend/process/thread_times.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace syncline::backend {
namespace {

// As the threads name themselves, and as the metrics do.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNames{
    {{"loop", "loops"},
     {"worker", "workers"},
     {"committer", "committer"},
     {"reader", "readers"},
     {"files", "files"},
     {"snapshots", "snapshots"},
     {"rocksdb:high", "flushes"},
     {"rocksdb:low", "compactions"}}};

std::string_view label_of(std::string_view thread) {
  const auto found = std::ranges::find(kNames, thread, [](const auto& each) { return each.first; });
  return found == kNames.end() ? "other" : found->second;
}

}  // namespace

std::vector<ThreadTimes> thread_times() {
  std::vector<ThreadTimes> all;
  std::error_code error;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator task("/proc/self/task", error); !error && task != end;
       task.increment(error)) {
    std::ifstream comm(task->path() / "comm");
    std::ifstream schedstat(task->path() / "schedstat");
    std::string name;
    std::uint64_t run_ns = 0;
    std::uint64_t waited_ns = 0;
    if (!std::getline(comm, name) || !(schedstat >> run_ns >> waited_ns)) continue;
    const std::string_view label = label_of(name);
    auto place = std::ranges::find(all, label, &ThreadTimes::name);
    if (place == all.end()) place = all.insert(all.end(), {std::string(label)});
    place->run_ns += run_ns;
    place->waited_ns += waited_ns;
  }
  return all;
}

}  // namespace syncline::backend
