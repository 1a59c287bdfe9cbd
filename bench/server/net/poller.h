// One epoll instance: which object watches which socket, and waiting for events.
//
// Level-triggered, one thread. A watcher is borrowed from `add` until its socket is closed. Closing
// a socket takes it out of the poller, but a watcher may hear once more of a socket that it closed
// while the same wait() was telling events: it must outlive that wait() and ignore the call.
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

  // Reports what can be read, and with `writable` also when it can be written to.
  void add(int socket, Watcher& watcher, bool writable);
  void change(int socket, Watcher& watcher, bool writable);

  // Waits for events until this time at most, and tells each watcher of its own.
  void wait(Nanoseconds until);

 private:
  int epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace syncline::bench
