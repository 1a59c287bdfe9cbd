#include "backend/net/event_loop.h"

#include "backend/net/asio_config.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "backend/net/timer_queue.h"
#include "backend/net/turn_clock.h"
#include "base/assert.h"

namespace syncline::backend {

namespace asio = boost::asio;

namespace {

std::uint64_t now_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace

struct EventLoop::Impl {
  Impl(EventLoop& owner, std::size_t number, observe::Sink* sink)
      : loop(owner), index(number), reporter(sink, observe::Area::kServer) {}

  EventLoop& loop;
  const std::size_t index;
  const observe::Reporter reporter;
  observe::LoopMeasures measures{turn_clock()};
  TimerQueue timers;  // outlives the context, whose destruction may cancel timers
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer alarm{context};
  asio::steady_timer wake{context};  // for turn()
  std::uint64_t alarm_ms = 0;        // the time for which the alarm is set; 0 if it is not set
  std::atomic<std::thread::id> thread{};
  // For busy(): written by the loop alone.
  std::atomic<std::uint64_t> turn_began{0};  // in ticks; 0: outside of a turn
  std::atomic<const char*> name{""};

  void arm();
  void ring();
};

// The alarm only moves to an earlier time. Moving it to a later time would save only one empty
// wake-up.
void EventLoop::Impl::arm() {
  const auto due = timers.next_due_ms();
  if (!due || (alarm_ms != 0 && alarm_ms <= *due)) return;
  alarm_ms = *due;
  alarm.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(*due)));
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) ring();
  });
}

void EventLoop::Impl::ring() {
  const Turn turn(loop, "timer");
  alarm_ms = 0;
  // Timers that a task adds for "now" wait for the next wake-up, so that a task that re-arms itself
  // with a delay of 0 does not starve the sockets.
  const std::uint64_t now = now_ms();
  std::size_t budget = timers.size();
  while (budget-- > 0) {
    auto task = timers.take_due(now);
    if (!task) break;
    (*task)();
  }
  arm();
}

EventLoop::EventLoop(std::size_t index, observe::Sink* sink)
    : impl_(std::make_unique<Impl>(*this, index, sink)) {}
EventLoop::~EventLoop() {
  impl_->timers.clear();
}  // while what the tasks hold has its context

void EventLoop::post(Task task) {
  const char* const what = doing();
  asio::post(impl_->context, [this, what, task = std::move(task)]() mutable {
    const Turn turn(*this, what);
    Task now = std::exchange(task, nullptr);  // it is also destroyed within the turn
    now();
  });
}

EventLoop::TimerId EventLoop::after(std::uint64_t delay_ms, Task task) {
  // Limits the delay to a year, so that the sum does not overflow.
  constexpr std::uint64_t kLongest = 365ull * 24 * 3600 * 1000;
  const std::uint64_t delay = delay_ms < kLongest ? delay_ms : kLongest;
  // The clock counts whole milliseconds, so one more ensures that no timer fires early.
  const TimerId id = impl_->timers.add(now_ms() + delay + 1, std::move(task));
  impl_->arm();
  return id;
}

void EventLoop::cancel(TimerId timer) {
  impl_->timers.cancel(timer);
}

std::uint64_t EventLoop::monotonic_ms() const {
  return now_ms();
}

std::uint64_t EventLoop::unix_ms() const {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

std::uint64_t EventLoop::turn_began_us() const {
  return impl_->measures.turns.began_us();
}

const char* EventLoop::doing() const {
  return is_current() ? impl_->measures.turns.doing() : "task";
}

void EventLoop::set_doing(const char* what) {
  if (!is_current()) return;
  impl_->measures.turns.set_doing(what);
  impl_->name.store(what, std::memory_order_relaxed);
}

EventLoop::Busy EventLoop::busy() const {
  const std::uint64_t began = impl_->turn_began.load(std::memory_order_relaxed);
  if (began == 0) return {};
  const observe::TurnMeter::Clock clock = turn_clock();
  const std::uint64_t now = std::max(clock.read(), began);
  const double ms = static_cast<double>(now - began) * clock.ns_per_tick / 1e6;
  return {began, static_cast<std::uint64_t>(ms), impl_->name.load(std::memory_order_relaxed)};
}

observe::LoopMeasures& EventLoop::measures() {
  return impl_->measures;
}

EventLoop::Turn::Turn(EventLoop& loop, const char* what) : loop_(loop) {
  Impl& impl = *loop_.impl_;
  impl.measures.turns.begin(what);
  impl.name.store(what, std::memory_order_relaxed);
  impl.turn_began.store(impl.measures.turns.began_ticks(), std::memory_order_relaxed);
}

EventLoop::Turn::~Turn() {
  loop_.impl_->turn_began.store(0, std::memory_order_relaxed);
  const auto slow = loop_.impl_->measures.turns.end();
  if (!slow) return;
  loop_.impl_->reporter.warn("slow turn", {{"loop", loop_.impl_->index},
                                           {"what", slow->what},
                                           {"what_ms", static_cast<double>(slow->what_us) / 1e3},
                                           {"turn_ms", static_cast<double>(slow->turn_us) / 1e3}});
}

void EventLoop::run() {
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  impl_->context.run();
  impl_->thread.store({}, std::memory_order_relaxed);
}

void EventLoop::turn(std::uint64_t wait_us) {
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (impl_->context.poll() == 0 && wait_us > 0) {
    impl_->wake.expires_after(std::chrono::microseconds(wait_us));
    impl_->wake.async_wait([](const boost::system::error_code&) {});
    impl_->context.run_one();
    impl_->wake.cancel();
    impl_->context.poll();
  }
  impl_->thread.store({}, std::memory_order_relaxed);
}

void EventLoop::stop() {
  impl_->context.stop();
}

bool EventLoop::is_current() const {
  return impl_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

asio::io_context& EventLoop::context() {
  return impl_->context;
}

LoopGroup::LoopGroup(std::size_t count, observe::Sink* sink) {
  SYNCLINE_ASSERT(count > 0);
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<EventLoop>(i, sink));
}

LoopGroup::~LoopGroup() {
  stop();
}

void LoopGroup::start() {
  SYNCLINE_ASSERT(threads_.empty());
  for (auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
}

void LoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace syncline::backend
