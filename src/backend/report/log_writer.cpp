#include "backend/report/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "observe/line.h"

namespace syncline::backend {
namespace {

using observe::Area;
using observe::Level;
using observe::Report;

constexpr std::uint64_t kLastWordsMs = 1000;  // how long the destructor waits
constexpr int kPollMs = 50;
constexpr std::uint64_t kTellEveryMs = 5000;

std::uint64_t monotonic_now_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

std::uint64_t wall_now_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

LogWriter::LogWriter(LogWriterOptions options)
    : fd_(options.fd),
      format_(options.format),
      secrets_(std::move(options.secrets)),
      queue_bytes_(options.queue_bytes),
      give_up_ms_(std::numeric_limits<std::uint64_t>::max()),
      limiter_(options.pace) {
  set_levels(options.levels);
  thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  give_up_ms_ = monotonic_now_ms() + kLastWordsMs;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool LogWriter::wants(Level level, Area area) const {
  return level <= most_[static_cast<std::size_t>(area)].load(std::memory_order_relaxed);
}

void LogWriter::report(const Report& report) {
  if (!wants(report.level, report.area)) return;
  std::optional<std::uint64_t> suppressed;
  {
    const std::lock_guard lock(mutex_);
    suppressed = limiter_.admit(report, monotonic_now_ms());
  }
  if (suppressed) queue(line(report, *suppressed));
}

std::string LogWriter::line(const Report& report, std::uint64_t suppressed) const {
  return format_ == LogFormat::kJson
             ? observe::json_line(report, wall_now_ms(), suppressed, secrets_)
             : observe::text_line(report, wall_now_ms(), suppressed, secrets_);
}

void LogWriter::queue(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (bytes_ + text.size() > queue_bytes_) {
      ++dropped_;
      ++counters_.dropped;
      return;
    }
    bytes_ += text.size();
    ++counters_.lines;
    lines_.push_back(std::move(text));
  }
  wake_.notify_one();
}

observe::Levels LogWriter::levels() const {
  observe::Levels levels;
  for (std::size_t i = 0; i < observe::kAreas; ++i)
    levels.set(static_cast<Area>(i), most_[i].load(std::memory_order_relaxed));
  return levels;
}

void LogWriter::set_levels(const observe::Levels& levels) {
  for (std::size_t i = 0; i < observe::kAreas; ++i)
    most_[i].store(levels.of(static_cast<Area>(i)), std::memory_order_relaxed);
}

LogCounters LogWriter::counters() const {
  const std::lock_guard lock(mutex_);
  LogCounters counters = counters_;
  counters.suppressed = limiter_.suppressed();
  return counters;
}

bool LogWriter::flush(std::uint64_t deadline_ms) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, std::chrono::milliseconds(deadline_ms),
                           [this] { return lines_.empty() && !writing_; });
}

void LogWriter::run() {
  std::uint64_t tell_ms = monotonic_now_ms() + kTellEveryMs;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, std::chrono::milliseconds(kTellEveryMs),
                   [this] { return stopping_ || !lines_.empty(); });
    if (lines_.empty() && stopping_) return;
    if (!lines_.empty() && !write_next(lock) && monotonic_now_ms() >= give_up_ms_) return;
    if (monotonic_now_ms() < tell_ms) continue;
    tell_ms = monotonic_now_ms() + kTellEveryMs;
    lock.unlock();
    tell_of_suppressed();
    lock.lock();
  }
}

// Takes the next line and writes it without the lock. False if the descriptor did not take it.
bool LogWriter::write_next(std::unique_lock<std::mutex>& lock) {
  std::string text = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= text.size();
  writing_ = true;
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  lock.unlock();
  if (dropped > 0) {
    const observe::Field field("lines", dropped);
    text += line({Level::kWarn, Area::kServer, "lines of this log were dropped", {&field, 1}}, 0);
  }
  const bool written = write_line(text);
  lock.lock();
  writing_ = false;
  if (!written) counters_.dropped += 1;
  if (lines_.empty()) written_.notify_all();
  return written;
}

// Of reports that were suppressed and did not come again.
void LogWriter::tell_of_suppressed() {
  std::vector<observe::Limiter::Untold> untold;
  {
    const std::lock_guard lock(mutex_);
    untold = limiter_.take_untold(monotonic_now_ms());
  }
  for (const auto& each : untold) {
    if (wants(each.level, each.area))
      queue(line({each.level, each.area, each.message}, each.suppressed));
  }
}

// False if the descriptor does not take it.
bool LogWriter::write_line(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    if (!wait_writable()) return false;
    const std::size_t piece = std::min<std::size_t>(text.size() - written, PIPE_BUF);
    const ssize_t done = ::write(fd_, text.data() + written, piece);
    if (done > 0) {
      written += static_cast<std::size_t>(done);
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

bool LogWriter::wait_writable() {
  for (;;) {
    pollfd descriptor{fd_, POLLOUT, 0};
    const int ready = ::poll(&descriptor, 1, kPollMs);
    if (ready > 0) return true;  // an error shows when writing
    if (ready < 0 && errno != EINTR) return false;
    if (monotonic_now_ms() >= give_up_ms_) return false;
  }
}

}  // namespace syncline::backend
