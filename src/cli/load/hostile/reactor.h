// Reactor: waits for the sockets of an attack (peer.h): one epoll instance, level-triggered.
//
// Attacks need what an honest client never does: half a frame, a body without its end, a socket that
// is not read. So they do not use the client of backend/net.
//
// Thread-safety: none; one thread.
#pragma once

#include <cstdint>
#include <unordered_map>

namespace syncline::cli {

class Reactor {
 public:
  class Watcher {
   public:
    // `broken`: the other side has ended the connection, at least its half.
    virtual void ready(bool readable, bool writable, bool broken) = 0;

   protected:
    ~Watcher() = default;
  };

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Watches a socket until forget(), which must come before the socket is closed. Returns its token
  // for change() and forget(). After forget(), the watcher is not called again.
  std::uint64_t watch(int socket, Watcher& watcher, bool read, bool write);
  void change(int socket, std::uint64_t token, bool read, bool write);
  void forget(int socket, std::uint64_t token);

  // Calls the watchers of all sockets that are ready; waits for one at most `wait_ms`.
  void turn(int wait_ms);

  // Microseconds since the start, by the monotonic clock.
  std::uint64_t now_us() const;

 private:
  const int epoll_;
  const std::uint64_t start_us_;
  std::uint64_t next_token_ = 1;
  std::unordered_map<std::uint64_t, Watcher*> watchers_;
};

}  // namespace syncline::cli
