// Workers of a node on threads of their own.
#include "node/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backend/net/event_loop.h"
#include "node/known_types.h"
#include "store/memory_store.h"

namespace syncline::backend {
namespace {

using std::chrono::seconds;

class WorkersOfANode : public ::testing::Test {
 protected:
  static constexpr std::size_t kWorkers = 5;  // of which four do urgent jobs

  WorkersOfANode() : desk_(1, nullptr, "desk"), loops_(kWorkers, nullptr, "worker") {
    std::vector<Scheduler*> schedulers;
    for (std::size_t i = 0; i < kWorkers; ++i) schedulers.push_back(&loops_[i]);
    workers_ = std::make_unique<node::Workers>(schedulers, &desk_[0]);
    desk_.start();
    loops_.start();
    for (std::size_t i = 0; i < kWorkers; ++i)
      on_loop(i, [&] { workers_->set(i, store_.open_loop(loops_[i]), node::known_types()); });
  }
  ~WorkersOfANode() override {
    for (std::size_t i = 0; i < kWorkers; ++i)
      on_loop(i, [&] { workers_->set(i, nullptr, node::known_types()); });
    loops_.stop();
    desk_.stop();
  }

  template <typename Body>
  void on_loop(std::size_t index, Body body) {
    std::promise<void> done;
    loops_[index].post([&] {
      body();
      done.set_value();
    });
    done.get_future().wait();
  }

  template <typename Body>
  void urgent(std::string workspace, Body body) {
    workers_->start(
        {.kind = state::JobOrder::kUrgent, .asker = std::move(workspace), .name = "test"},
        [body = std::move(body)](Result<state::Workplace*> place, state::JobSlot) mutable {
          EXPECT_TRUE(place);
          body();
        });
  }

  store::MemoryStore store_;
  LoopGroup desk_;
  LoopGroup loops_;
  std::unique_ptr<node::Workers> workers_;
};

// Three changes that take long, of one workspace or of several, hold up no fourth.
TEST_F(WorkersOfANode, AShortJobDoesNotWaitForTheEndOfLongOnes) {
  std::promise<void> end;
  const std::shared_future<void> ended(end.get_future());
  std::atomic<int> over = 0;
  for (int i = 0; i < 3; ++i)
    urgent("long", [ended, &over] {
      ended.wait();
      ++over;
    });
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    urgent("short", [&done] { done.set_value(); });
    ASSERT_EQ(done.get_future().wait_for(seconds(20)), std::future_status::ready) << i;
  }
  EXPECT_EQ(over, 0);
  end.set_value();
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  const auto rest = [&] { return workers_->counts().waiting + workers_->counts().running; };
  while ((over < 3 || rest() > 0) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(over, 3);
  EXPECT_EQ(rest(), 0u);
  EXPECT_EQ(workers_->counts().begun, 103u);
}

// The process ends while jobs wait: they are destroyed, and nobody waits for them.
TEST_F(WorkersOfANode, WorkForWorkersThatHaveEndedIsDestroyed) {
  auto token = std::make_shared<int>();
  std::promise<void> end;
  const std::shared_future<void> ended(end.get_future());
  for (int i = 0; i < 20; ++i) urgent("w", [token, ended] { ended.wait(); });
  std::promise<void> all;
  std::thread ends([&] {
    for (std::size_t i = 0; i < kWorkers; ++i)
      on_loop(i, [&] { workers_->set(i, nullptr, node::known_types()); });
    all.set_value();
  });
  end.set_value();
  ends.join();
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (token.use_count() > 1 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace syncline::backend
