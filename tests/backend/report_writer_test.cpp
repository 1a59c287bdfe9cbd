// The log of a server: lines on a pipe, and a pipe that nobody reads.
#include "backend/report/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend/net/event_loop.h"
#include "syncline/crdt/any.h"

namespace syncline::backend {
namespace {

using observe::Area;
using observe::Level;
using observe::Reporter;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }

  // What is there, and what comes until nothing comes for `quiet_ms`.
  std::string read(int quiet_ms = 0) {
    std::string text;
    for (;;) {
      pollfd ready{ends_[0], POLLIN, 0};
      if (::poll(&ready, 1, quiet_ms) <= 0) return text;
      std::array<char, 65536> data;
      const ssize_t got = ::read(ends_[0], data.data(), data.size());
      if (got <= 0) return text;
      text.append(data.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

constexpr observe::Limiter::Pace kUnlimited{.burst = 1'000'000'000, .refill_ms = 1000};

TEST(LogWriter, WritesLines) {
  Pipe pipe;
  {
    LogWriter log({.fd = pipe.writer(), .format = LogFormat::kJson});
    Reporter(&log, Area::kSession)
        .info("session refused", {{"reason", "no\ntoken"}, {"code", 4401u}});
    Reporter(&log, Area::kSession).debug("not wanted");
    EXPECT_TRUE(log.flush(5000));
    EXPECT_EQ(log.counters().lines, 1u);
  }
  const auto lines = lines_of(pipe.read());
  ASSERT_EQ(lines.size(), 1u);
  const auto json = crdt::from_json(lines[0]);
  ASSERT_TRUE(json) << lines[0];
  EXPECT_EQ(*json->find("message"), crdt::Any("session refused"));
  EXPECT_EQ(*json->find("reason"), crdt::Any("no\ntoken"));
  EXPECT_EQ(*json->find("level"), crdt::Any("info"));
}

TEST(LogWriter, LevelsChangeAtRuntime) {
  Pipe pipe;
  LogWriter log({.fd = pipe.writer(), .format = LogFormat::kText});
  const Reporter net(&log, Area::kNet);
  net.debug("first");
  log.set_levels(log.levels().changed("net=debug").value());
  EXPECT_EQ(to_string(log.levels()), "info,net=debug");
  net.debug("second");
  Reporter(&log, Area::kApi).debug("third");
  log.set_levels(observe::Levels(Level::kError));
  net.warn("fourth");
  EXPECT_TRUE(log.flush(5000));
  const std::string text = pipe.read();
  EXPECT_NE(text.find("debug net       second\n"), std::string::npos) << text;
  EXPECT_EQ(lines_of(text).size(), 1u) << text;
}

TEST(LogWriter, AnAttackDoesNotFillTheLog) {
  Pipe pipe;
  LogWriter log({.fd = pipe.writer(), .pace = {.burst = 20, .refill_ms = 60'000}});
  for (int i = 0; i < 10'000; ++i) Reporter(&log, Area::kSession).info("session refused");
  EXPECT_TRUE(log.flush(5000));
  EXPECT_EQ(lines_of(pipe.read()).size(), 20u);
  EXPECT_EQ(log.counters().suppressed, 9'980u);
  EXPECT_EQ(log.counters().dropped, 0u);
}

// Nobody reads stderr. The loop that reports goes on, and what is lost is counted and told.
TEST(LogWriter, AFullPipeNeverBlocksALoop) {
  constexpr std::size_t kLines = 20'000;
  Pipe pipe;
  LogWriter log({.fd = pipe.writer(), .pace = kUnlimited, .queue_bytes = 64 * 1024});
  LoopGroup loops(1);
  loops.start();
  std::promise<void> done;
  const Reporter reporter(&log, Area::kServer);
  loops[0].post([&] {
    for (std::size_t i = 0; i < kLines; ++i) reporter.info("a line of the test", {{"number", i}});
    done.set_value();
  });
  ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  const LogCounters counters = log.counters();
  EXPECT_EQ(counters.lines + counters.dropped, kLines);
  EXPECT_GT(counters.dropped, kLines / 2);
  loops.stop();
  // Then somebody reads.
  std::string text = pipe.read(500);
  reporter.info("after the pause");
  text += pipe.read(500);
  EXPECT_NE(text.find("lines of this log were dropped\",\"lines\":"), std::string::npos);
  EXPECT_NE(text.find("after the pause"), std::string::npos);
  for (const std::string& line : lines_of(text)) EXPECT_TRUE(crdt::from_json(line)) << line;
}

TEST(LogWriter, AProcessEndsAlthoughNobodyReadsItsLog) {
  Pipe pipe;
  auto log = std::make_unique<LogWriter>(
      LogWriterOptions{.fd = pipe.writer(), .pace = kUnlimited, .queue_bytes = 1 << 20});
  for (std::size_t i = 0; i < 20'000; ++i)
    Reporter(log.get(), Area::kServer).info("a line of the test");
  EXPECT_FALSE(log->flush(10));
  auto ended = std::async(std::launch::async, [&] { log.reset(); });
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(LogWriter, AReaderWhoLeavesEndsNothing) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  LogWriter log({.fd = pipe.writer(), .pace = kUnlimited});
  pipe.close_reader();
  for (int i = 0; i < 100; ++i) Reporter(&log, Area::kServer).info("a line of the test");
  EXPECT_TRUE(log.flush(5000));
  EXPECT_EQ(log.counters().dropped, 100u);
}

TEST(LogWriter, LinesOfSeveralThreadsStayWhole) {
  Pipe pipe;
  std::string text;
  {
    LogWriter log({.fd = pipe.writer(), .pace = kUnlimited, .queue_bytes = 16 << 20});
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log, thread] {
        const Reporter reporter(&log, Area::kNet);
        for (unsigned i = 0; i < 500; ++i)
          reporter.info("a line of the test",
                        {{"thread", thread}, {"padding", std::string(200, 'x')}});
      });
    }
    for (int i = 0; i < 500 && lines_of(text).size() < 2000; ++i) text += pipe.read(20);
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = lines_of(text);
  EXPECT_EQ(lines.size(), 2000u);
  for (const std::string& line : lines) ASSERT_TRUE(crdt::from_json(line)) << line;
}

}  // namespace
}  // namespace syncline::backend
