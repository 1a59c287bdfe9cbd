#include "net/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "net/process.h"

namespace syncline::bench {
namespace {

constexpr std::size_t kEventsAtOnce = 1024;

void control(int epoll, int operation, int socket, Watcher& watcher, bool writable) {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0U);
  event.data.ptr = &watcher;
  if (epoll_ctl(epoll, operation, socket, &event) != 0) give_up("epoll_ctl failed");
}

}  // namespace

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), events_(kEventsAtOnce) {
  if (epoll_ < 0) give_up("epoll_create1 failed");
}

Poller::~Poller() {
  ::close(epoll_);
}

void Poller::add(int socket, Watcher& watcher, bool writable) {
  control(epoll_, EPOLL_CTL_ADD, socket, watcher, writable);
}

void Poller::change(int socket, Watcher& watcher, bool writable) {
  control(epoll_, EPOLL_CTL_MOD, socket, watcher, writable);
}

void Poller::wait(Nanoseconds until) {
  const Nanoseconds left = std::max<Nanoseconds>(0, until - now_ns());
  const timespec timeout{left / kSecond, left % kSecond};
  const int count =
      epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    static_cast<Watcher*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace syncline::bench
