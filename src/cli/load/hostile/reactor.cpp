#include "cli/load/hostile/reactor.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace syncline::cli {
namespace {

std::uint64_t reactor_clock_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

epoll_event wanted(std::uint64_t token, bool read, bool write) {
  epoll_event event{};
  event.events = EPOLLRDHUP;
  if (read) event.events |= EPOLLIN;
  if (write) event.events |= EPOLLOUT;
  event.data.u64 = token;
  return event;
}

}  // namespace

Reactor::Reactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), start_us_(reactor_clock_us()) {}

Reactor::~Reactor() {
  if (epoll_ >= 0) ::close(epoll_);
}

std::uint64_t Reactor::watch(int socket, Watcher& watcher, bool read, bool write) {
  const std::uint64_t token = next_token_++;
  epoll_event event = wanted(token, read, write);
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  watchers_.emplace(token, &watcher);
  return token;
}

void Reactor::change(int socket, std::uint64_t token, bool read, bool write) {
  epoll_event event = wanted(token, read, write);
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event);
}

void Reactor::forget(int socket, std::uint64_t token) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
  watchers_.erase(token);
}

void Reactor::turn(int wait_ms) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    // The structure is packed, so a member is copied before anything takes a reference to it.
    const std::uint64_t token = event.data.u64;
    const auto found = watchers_.find(token);
    if (found == watchers_.end()) continue;  // forgotten in this turn
    found->second->ready((event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0,
                         (event.events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0);
  }
}

std::uint64_t Reactor::now_us() const {
  return reactor_clock_us() - start_us_;
}

}  // namespace syncline::cli
