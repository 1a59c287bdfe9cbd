#include "cli/load/machine.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace syncline::cli {

unsigned core_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

std::uint64_t sync_latency_us(const std::string& directory) {
  using Clock = std::chrono::steady_clock;
  const std::string path = directory + "/sync-probe";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return 0;
  const std::array<char, 4096> block{};
  std::vector<std::uint64_t> times;
  const auto until = Clock::now() + std::chrono::seconds(1);
  while (times.size() < 51 && Clock::now() < until) {
    const auto start = Clock::now();
    if (::write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size())) break;
    if (::fdatasync(file) != 0) break;
    times.push_back(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count()));
  }
  ::close(file);
  ::unlink(path.c_str());
  if (times.empty()) return 0;
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return std::max<std::uint64_t>(1, times[times.size() / 2]);
}

std::vector<std::string> build_handicaps() {
  std::vector<std::string> all;
#ifndef __OPTIMIZE__
  all.emplace_back("is not optimised");
#endif
#ifdef __SANITIZE_ADDRESS__
  all.emplace_back("has AddressSanitizer");
#endif
#ifdef __SANITIZE_THREAD__
  all.emplace_back("has ThreadSanitizer");
#endif
#ifdef SYNCLINE_SLOW_CHECKS
  all.emplace_back("checks its data structures all the time");
#endif
#ifdef SYNCLINE_MUTATIONS
  all.emplace_back("has bugs that can be switched on");
#endif
  return all;
}

}  // namespace syncline::cli
