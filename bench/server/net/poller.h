// Poller: one epoll instance. It knows which object watches which socket, and waits for events.
//
// Level-triggered, one thread. A watcher is borrowed from `add` until its socket is closed. Closing
// a socket removes it from the poller. But the wait() that is delivering events may still call the
// watcher of a socket that was just closed: the watcher must outlive that wait() and ignore the
// call.
#pragma once

#include <cstdint>
#include <vector>

#include "net/clock.h"

struct epoll_event;

namespace syncline::bench {

class Watcher {
 public:
  // `events`: what epoll reports, EPOLLIN and so on.
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~Watcher() = default;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Reports when the socket is readable; with `writable`, also when it is writable.
  void add(int socket, Watcher& watcher, bool writable);
  void change(int socket, Watcher& watcher, bool writable);

  // Waits for events, at most until `until`, and calls the watcher of each.
  void wait(Nanoseconds until);

 private:
  int epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace syncline::bench
