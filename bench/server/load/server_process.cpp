#include "load/server_process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace syncline::bench {
namespace {

double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Exact to the scheduler's tick. /proc/PID/stat counts in steps of 10 ms.
double process_cpu(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (pid == 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
    return 0;
  return seconds_of(time);
}

double own_cpu() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return seconds_of(time);
}

// user, nice, system, idle, iowait, irq, softirq, steal: all except idle and iowait count as use.
double machine_cpu() {
  std::ifstream in("/proc/stat");
  std::string name;
  double used = 0;
  in >> name;
  for (int field = 0; field < 8; ++field) {
    double ticks = 0;
    in >> ticks;
    if (field != 3 && field != 4) used += ticks;
  }
  return used / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// The number after `field` in a file of lines such as "Rss:    1234 kB"; 0 if it is missing.
double kib_of(const std::string& path, std::string_view field) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(field)) return std::strtod(line.c_str() + field.size(), nullptr);
  return 0;
}

}  // namespace

Spent::Spent(const Usage& from, const Usage& to)
    : seconds(to_seconds(to.at - from.at)), server_cpu(to.server - from.server) {
  const double own = to.own - from.own;
  const double machine = to.machine - from.machine;
  server_cores = server_cpu / seconds;
  own_cores = own / seconds;
  other_cores = std::max(0.0, (machine - server_cpu - own) / seconds);
}

Usage ServerProcess::usage() const {
  return {.at = now_ns(), .server = process_cpu(pid_), .own = own_cpu(), .machine = machine_cpu()};
}

Memory ServerProcess::memory() const {
  if (pid_ == 0) return {};
  const std::string path = fmt::format("/proc/{}/smaps_rollup", pid_);
  return {.resident = kib_of(path, "Rss:"), .anonymous = kib_of(path, "Anonymous:")};
}

double ServerProcess::peak() const {
  return pid_ == 0 ? 0 : kib_of(fmt::format("/proc/{}/status", pid_), "VmHWM:");
}

}  // namespace syncline::bench
