#include "backend/net/event_loop.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "backend/net/asio_bridge.h"
#include "backend/net/lanes.h"
#include "backend/net/poller.h"
#include "backend/net/task_queue.h"
#include "backend/net/timer_queue.h"
#include "backend/net/turn_clock.h"
#include "backend/process/thread_priority.h"
#include "base/assert.h"

namespace syncline::backend {

namespace {

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

// Not known to clients, who choose the names of workspaces.
std::uint64_t random_key() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::uint64_t now_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace

struct EventLoop::Impl {
  Impl(EventLoop& owner, std::size_t number, observe::Sink* sink)
      : loop(owner), index(number), reporter(sink, observe::Area::kServer) {}

  using Posted = TaskQueue::Posted;

  EventLoop& loop;
  const std::size_t index;
  const observe::Reporter reporter;
  observe::LoopMeasures measures{turn_clock()};
  TimerQueue timers;
  Lanes lanes{random_key()};
  Lane lane = 0;        // of the present turn
  bool behind = false;  // the last round has left some for the next
  Poller poller{lanes};
  std::unique_ptr<AsioBridge> bridge;  // null: nobody asked for one

  TaskQueue tasks{lanes};

  // Posted by other threads. A poster wakes the loop only if it is about to block: it sets `called` and then reads
  // `blocking`, and the loop does it the other way round. So one of the two sees the other.
  std::mutex mutex;
  std::vector<Posted> called_tasks;  // under the mutex
  std::atomic<bool> called{false};
  std::atomic<bool> blocking{false};
  std::atomic<bool> stopped{false};

  std::atomic<std::thread::id> thread{};
  // For busy(): written by the loop alone.
  std::atomic<std::uint64_t> turn_began{0};  // in ticks; 0: outside of a turn
  std::atomic<const char*> name{""};

  std::size_t round(std::uint64_t wait_us);
  void take_called();
  std::size_t ring();
  Poller::Round look(std::uint64_t wait_us);
  std::size_t block(std::uint64_t wait_us);
  std::size_t run_tasks(std::uint64_t budget_us);
  void drop_tasks();
};

// Returns how many calls into the application it made. Blocks for at most `wait_us`, and only if there is nothing
// to do.
std::size_t EventLoop::Impl::round(std::uint64_t wait_us) {
  take_called();
  std::size_t calls = ring();
  const bool idle = calls == 0 && tasks.empty() && !poller.anything_again();
  const Poller::Round looked = look(idle ? wait_us : 0);
  calls += looked.calls;
  behind = looked.left;
  if (bridge) calls += bridge->run();
  return calls + run_tasks(std::max(kSliceUs, looked.us));
}

void EventLoop::Impl::take_called() {
  if (!called.load(std::memory_order_relaxed)) return;
  std::vector<Posted> taken;
  {
    const std::lock_guard lock(mutex);
    called.store(false);
    taken = std::exchange(called_tasks, {});
  }
  for (Posted& posted : taken) tasks.push(std::move(posted));
}

std::size_t EventLoop::Impl::ring() {
  const auto due = timers.next_due_ms();
  if (!due) return 0;
  // Timers that a task adds for "now" wait for the next round, so that a task that re-arms itself
  // with a delay of 0 does not starve the sockets.
  const std::uint64_t now = now_ms();
  if (*due > now) return 0;
  {
    const Turn turn(loop, "timer", 0);
    std::size_t budget = timers.size();
    while (budget-- > 0) {
      auto task = timers.take_due(now);
      if (!task) break;
      (*task)();
      if (loop.slice_is_over()) break;  // the others are due in the next round
    }
  }
  lanes.charge(0, measures.turns.last_us());
  return 1;
}

// Calls the handlers of the descriptors that are ready.
Poller::Round EventLoop::Impl::look(std::uint64_t wait_us) {
  std::size_t found = 0;
  if (wait_us > 0) {
    blocking.store(true);
    if (!called.load()) found = block(wait_us);
    blocking.store(false);
  }
  if (found == 0) poller.collect(0);
  return poller.dispatch([this](ReadyHandler& handler, bool for_read, Lane whose) {
    {
      const Turn turn(loop, for_read ? "read" : "write", whose);
      handler.on_ready();
    }
    return measures.turns.last_us();
  });
}

// Blocks until something is ready, a timer is due or wake() is called. Returns what it has collected.
std::size_t EventLoop::Impl::block(std::uint64_t wait_us) {
  std::uint64_t until_timer_us = kForever;
  if (const auto due = timers.next_due_ms()) {
    const std::uint64_t now = now_ms();
    until_timer_us = *due > now ? (*due - now) * 1000 : 0;
  }
  const bool exactly = wait_us < until_timer_us;  // timers are due at whole milliseconds
  const std::uint64_t us = std::min({wait_us, until_timer_us, std::uint64_t{3'600'000'000}});
  if (bridge) {
    bridge->wait(static_cast<std::int64_t>(us));
    return 0;
  }
  if (!exactly || wait_us == kForever) return poller.collect(static_cast<int>(us / 1000));
  pollfd ready{.fd = poller.fd(), .events = POLLIN, .revents = 0};
  const timespec most{.tv_sec = static_cast<time_t>(us / 1'000'000),
                      .tv_nsec = static_cast<long>(us % 1'000'000 * 1000)};
  ::ppoll(&ready, 1, &most, nullptr);
  return 0;
}

// Tasks may take as long as the descriptors took before. They end what has begun, such as a change that is durable now,
// and must not queue behind what begins.
std::size_t EventLoop::Impl::run_tasks(std::uint64_t budget_us) {
  std::size_t calls = 0;
  std::uint64_t began_us = 0;
  while (!stopped.load(std::memory_order_relaxed)) {
    take_called();
    if (tasks.empty()) break;
    Posted now = tasks.take();
    {
      const Turn turn(loop, now.what, now.lane);
      if (now.called_at != 0) measures.note_called(now.called_at);
      Task task = std::move(now.task);  // it is also destroyed within the turn
      task();
    }
    lanes.charge(now.lane, measures.turns.last_us());
    if (calls++ == 0) began_us = measures.turns.began_us();
    if (measures.turns.began_us() - began_us > budget_us) break;
  }
  return calls;
}

// What they own may post again when it is destroyed.
void EventLoop::Impl::drop_tasks() {
  do {
    take_called();
    while (!tasks.empty()) (void)tasks.take();
  } while (!tasks.empty() || called.load());
}

EventLoop::EventLoop(std::size_t index, observe::Sink* sink)
    : impl_(std::make_unique<Impl>(*this, index, sink)) {}

EventLoop::~EventLoop() {
  impl_->timers.clear();
  impl_->drop_tasks();
  impl_->poller.clear();
  impl_->bridge.reset();
  impl_->drop_tasks();
}

void EventLoop::post(Task task) {
  post_in(lane(), std::move(task));
}

void EventLoop::post_in(Lane lane, Task task) {
  Impl& impl = *impl_;
  if (is_current()) return impl.tasks.push({std::move(task), doing(), lane});
  const std::uint64_t now = turn_clock().read();
  bool first = false;
  {
    const std::lock_guard lock(impl.mutex);
    impl.called_tasks.push_back({std::move(task), "task", lane, now});
    first = !impl.called.exchange(true);
  }
  if (first && impl.blocking.load()) impl.poller.wake();
}

Lane EventLoop::lane_of(std::string_view workspace) const {
  return impl_->lanes.of(workspace);
}

Lane EventLoop::lane() const {
  return is_current() ? impl_->lane : 0;
}

void EventLoop::set_lane(Lane lane) {
  if (is_current()) impl_->lane = lane;
}

EventLoop::TimerId EventLoop::after(std::uint64_t delay_ms, Task task) {
  // Limits the delay to a year, so that the sum does not overflow.
  constexpr std::uint64_t kLongest = 365ull * 24 * 3600 * 1000;
  const std::uint64_t delay = delay_ms < kLongest ? delay_ms : kLongest;
  // The clock counts whole milliseconds, so one more ensures that no timer fires early.
  return impl_->timers.add(now_ms() + delay + 1, std::move(task));
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

bool EventLoop::is_behind() const {
  return impl_->behind;
}

bool EventLoop::slice_is_over() {
  return impl_->measures.turns.taken_us() > kSliceUs;
}

observe::LoopMeasures& EventLoop::measures() {
  return impl_->measures;
}

EventLoop::Turn::Turn(EventLoop& loop, const char* what, Lane lane) : loop_(loop) {
  Impl& impl = *loop_.impl_;
  impl.lane = lane;
  impl.measures.turns.begin(what);
  impl.name.store(what, std::memory_order_relaxed);
  impl.turn_began.store(impl.measures.turns.began_ticks(), std::memory_order_relaxed);
}

EventLoop::Turn::~Turn() {
  loop_.impl_->lane = 0;
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
  while (!impl_->stopped.load()) impl_->round(kForever);
  impl_->thread.store({}, std::memory_order_relaxed);
}

void EventLoop::turn(std::uint64_t wait_us) {
  constexpr int kMostRounds = 100;
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::size_t calls = impl_->round(wait_us);
  for (int i = 0; calls > 0 && i < kMostRounds; ++i) calls = impl_->round(0);
  impl_->thread.store({}, std::memory_order_relaxed);
}

void EventLoop::stop() {
  impl_->stopped.store(true);
  impl_->poller.wake();
}

bool EventLoop::is_current() const {
  return impl_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

Poller& EventLoop::poller() {
  return impl_->poller;
}

boost::asio::io_context& EventLoop::context() {
  if (!impl_->bridge) impl_->bridge = std::make_unique<AsioBridge>(impl_->poller.fd());
  return impl_->bridge->context();
}

LoopGroup::LoopGroup(std::size_t count, observe::Sink* sink, const char* name) : name_(name) {
  SYNCLINE_ASSERT(count > 0);
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<EventLoop>(i, sink));
}

LoopGroup::~LoopGroup() {
  stop();
}

void LoopGroup::start() {
  SYNCLINE_ASSERT(threads_.empty());
  for (auto& loop : loops_)
    threads_.emplace_back([&loop = *loop, name = name_] {
      name_thread(name);
      loop.run();
    });
}

void LoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace syncline::backend
