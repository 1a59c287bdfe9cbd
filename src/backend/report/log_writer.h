// LogWriter: writes reports as lines to a file descriptor, which is usually stderr.
//
// Who reports never waits for the descriptor: lines go into a bounded queue, and a thread of the
// writer's own writes them. If nobody reads the pipe, the queue fills, and further lines are dropped
// and counted; when the pipe takes bytes again, a line says how many were dropped. Equal reports
// beyond a pace are suppressed (observe/limiter.h), so an attack cannot fill a disk with lines.
//
// The descriptor stays as it is: it may belong to other processes, too, so the writer does not make
// it non-blocking. It waits until the descriptor is writable, and writes at most PIPE_BUF bytes at
// once, which a writable pipe takes without blocking.
//
// The destructor writes what is queued, for at most a second.
//
// Thread-safety: any thread.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "observe/levels.h"
#include "observe/limiter.h"
#include "observe/report.h"
#include "observe/secrets.h"

namespace syncline::backend {

enum class LogFormat : std::uint8_t {
  kText,  // for people
  kJson,  // one object a line
};

struct LogWriterOptions {
  int fd = 2;  // stays open; not owned
  LogFormat format = LogFormat::kJson;
  observe::Levels levels = observe::Levels();
  observe::Secrets secrets = {};  // tokens, which no line may contain
  observe::Limiter::Pace pace = {};
  std::size_t queue_bytes = std::size_t{1} << 20;
};

// Totals since the start.
struct LogCounters {
  std::uint64_t lines = 0;       // queued or written
  std::uint64_t suppressed = 0;  // equal reports beyond the pace
  std::uint64_t dropped = 0;     // the queue was full, or the descriptor failed
};

class LogWriter final : public observe::Sink, public observe::LevelSwitch {
 public:
  explicit LogWriter(LogWriterOptions options);
  ~LogWriter() override;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  bool wants(observe::Level level, observe::Area area) const override;
  void report(const observe::Report& report) override;

  observe::Levels levels() const override;
  void set_levels(const observe::Levels& levels) override;

  LogCounters counters() const;

  // Waits until everything that was reported before is written. False after `deadline_ms`. For the
  // main thread, and not for loops.
  bool flush(std::uint64_t deadline_ms);

 private:
  std::string line(const observe::Report& report, std::uint64_t suppressed) const;
  void queue(std::string text);
  void run();
  bool write_next(std::unique_lock<std::mutex>& lock);
  void tell_of_suppressed();
  bool write_line(const std::string& text);
  bool wait_writable();

  const int fd_;
  const LogFormat format_;
  const observe::Secrets secrets_;
  const std::size_t queue_bytes_;
  std::array<std::atomic<observe::Level>, observe::kAreas> most_;
  std::atomic<std::uint64_t> give_up_ms_;  // when the destructor stops waiting for the descriptor

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  observe::Limiter limiter_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;      // of lines_
  bool writing_ = false;       // a line has left lines_ and is being written
  std::uint64_t dropped_ = 0;  // since the last line that said so
  bool stopping_ = false;
  LogCounters counters_;

  std::thread thread_;  // last, because it uses the members above
};

}  // namespace syncline::backend
