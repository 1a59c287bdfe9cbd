// A process is killed at a random moment of a stream of appends: everything that it had been told
// was stored is there afterwards, in order, and the chain holds.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>

#include "backend/store/rocksdb_store.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"

namespace syncline::testing {
namespace {

constexpr int kWorkspaces = 3;

constexpr const char* kChildDir = "SYNCLINE_CRASH_CHILD_DIR";
constexpr const char* kChildPipe = "SYNCLINE_CRASH_CHILD_PIPE";

struct Ack {
  std::uint32_t workspace;
  std::uint64_t position;
};

std::string name_of(std::uint32_t workspace) {
  return "w" + std::to_string(workspace);
}

// The child: appends to all workspaces without end, several under way for each; writes an Ack for
// each answer.
class Appender {
 public:
  explicit Appender(int acks) : acks_(acks) {}

  [[noreturn]] void run(const std::string& dir) {
    auto options = store_options(dir);
    options.write_buffer_bytes = 64 << 10;  // flushes and compactions happen too
    auto store = backend::RocksDbStore::open(options);
    if (!store) ::_exit(3);
    log_ = (*store)->open_loop(loop_);
    BlockingLog blocking(*log_, loop_);
    for (std::uint32_t workspace = 0; workspace < kWorkspaces; ++workspace)
      chains_.emplace_back(blocking.head(name_of(workspace)).value());
    for (int round = 0; round < 4; ++round)
      for (std::uint32_t workspace = 0; workspace < kWorkspaces; ++workspace) append(workspace);
    loop_.run_until([] { return false; }, 30);
    ::_exit(4);
  }

 private:
  void append(std::uint32_t workspace) {
    TestChain& chain = chains_[workspace];
    const auto expected = chain.head().last_position;
    std::vector<log::EncodedEvent> events;
    for (std::uint64_t count = 0; count <= expected % 3; ++count) {
      auto event = sample_event("o" + std::to_string(count), "text", 200);
      events.push_back(chain.seal(event, loop_.unix_ms()).value());
    }
    log_->events().append(name_of(workspace), {.events = std::move(events), .after = expected},
                          [this, workspace](Result<log::Appended> result) {
                            if (!result) ::_exit(5);
                            const Ack ack{workspace, result->last_position};
                            if (::write(acks_, &ack, sizeof ack) != sizeof ack) ::_exit(6);
                            append(workspace);
                          });
  }

  int acks_;
  TestLoop loop_;
  std::unique_ptr<log::LoopStore> log_;
  std::vector<TestChain> chains_;
};

// Runs a child, kills it about `ms` milliseconds after it began, to live or to acknowledge, and
// collects what it acknowledged.
enum class Since : std::uint8_t { kBirth, kFirstAck };
void crash_once(const std::string& dir, unsigned ms, Since since,
                std::map<std::uint32_t, std::uint64_t>& acked) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A fresh image: a fork alone would inherit RocksDB's thread pools without their threads.
    ::setenv(kChildDir, dir.c_str(), 1);
    ::setenv(kChildPipe, std::to_string(pipe[1]).c_str(), 1);
    ::execl("/proc/self/exe", "store_crash_child", "--gtest_filter=StoreCrash.DISABLED_Child",
            "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(7);
  }
  ::close(pipe[1]);
  Ack ack;
  bool killed = false;
  auto start = std::chrono::steady_clock::now();
  for (bool first = true; ::read(pipe[0], &ack, sizeof ack) == sizeof ack; first = false) {
    if (first && since == Since::kFirstAck) start = std::chrono::steady_clock::now();
    acked[ack.workspace] = std::max(acked[ack.workspace], ack.position);
    if (!killed && std::chrono::steady_clock::now() - start > std::chrono::milliseconds(ms)) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
}

// No test by itself: what the next one runs in a process that it kills.
TEST(StoreCrash, DISABLED_Child) {
  Appender(std::stoi(std::getenv(kChildPipe))).run(std::getenv(kChildDir));
}

TEST(StoreCrash, WhatWasAcknowledgedIsThereAfterAKill) {
  TempDir dir;
  std::mt19937 random(20240131);
  std::map<std::uint32_t, std::uint64_t> acked;
  for (int round = 0; round < 20; ++round) {
    // Most begin to count when the child is at work, however slow the machine is to start it.
    const Since since = round % 4 == 0 ? Since::kBirth : Since::kFirstAck;
    ASSERT_NO_FATAL_FAILURE(crash_once(dir.path(), 10 + random() % 90, since, acked));
    auto store = open_store(dir.path());
    ASSERT_TRUE(store);
    TestLoop loop;
    auto raw = store->open_loop(loop);
    BlockingLog log(*raw, loop);
    for (const auto& [workspace, position] : acked) {
      const auto head = log.head(name_of(workspace));
      ASSERT_TRUE(head.has_value()) << head.error().message;
      EXPECT_GE(head->last_position, position) << "round " << round;
    }
    const auto verified = store->verify();
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
  }
  std::uint64_t total = 0;
  for (const auto& [workspace, position] : acked) total += position;
  EXPECT_GT(total, 100u) << "too little happened for this test to mean anything";
  RecordProperty("acknowledged_events", static_cast<int>(total));
}

}  // namespace
}  // namespace syncline::testing
