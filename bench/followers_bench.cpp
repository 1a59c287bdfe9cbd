// What a follower of changes costs the server: by server-sent events, and by WebSocket, under the same writer.
//
//   syncline serve --port 4400 --data-dir /tmp/data --max-connections-per-address 0 &
//   followers_bench 4400 $! [SECONDS [FOLLOWERS [RATE]]]
//
// One writer makes RATE changes a second in a document over HTTP, for SECONDS each: with nobody else, with FOLLOWERS that follow
// the document by y-websocket, and with as many that follow it by …/events/{object}. Each phase has a document of its own.
// What the writer alone costs is taken off. One thread, 127.0.0.1 only. Ends by itself.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.h"

namespace {

using syncline::bench::connect_to;
using syncline::bench::stop;

using Clock = std::chrono::steady_clock;

constexpr std::string_view kBody =
    R"({"root":"content","ops":[{"insert":"hello, world. ","at":"end"}]})";

void send_all(int fd, std::string_view text) {
  if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    stop("a request could not be sent");
}

// Up to the end of a head.
std::string read_head(int fd) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size <= 0) stop("the server closed a connection");
    head.append(buffer, static_cast<std::size_t>(size));
  }
  return head;
}

void change(int fd, const std::string& object) {
  send_all(fd, fmt::format("PATCH /v1/workspaces/bench/objects/{} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                           "Content-Type: application/vnd.syncline.text+json\r\n"
                           "Content-Length: {}\r\n\r\n{}",
                           object, kBody.size(), kBody));
  const std::string head = read_head(fd);
  if (!head.starts_with("HTTP/1.1 20")) stop(head);
}

int follow_by_events(std::uint16_t port, const std::string& object) {
  const int fd = connect_to(port);
  send_all(fd, "GET /v1/workspaces/bench/events/" + object +
                   " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");
  if (const std::string head = read_head(fd); !head.starts_with("HTTP/1.1 200")) stop(head);
  return fd;
}

// Opens the document: step 1 of the protocol, of a client that has nothing, in a masked frame.
int follow_by_websocket(std::uint16_t port, const std::string& object) {
  const int fd = connect_to(port);
  send_all(fd,
           "GET /y/bench/" + object +
               " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  if (const std::string head = read_head(fd); !head.starts_with("HTTP/1.1 101")) stop(head);
  constexpr char kFrame[] = {'\x82', '\x84', 0, 0, 0, 0, 0, 0, 1, 0};
  send_all(fd, {kFrame, sizeof kFrame});
  return fd;
}

double processor_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
    stop("there is no such process");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double load_average() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

struct Phase {
  double used = 0;          // seconds of the processor
  std::size_t changes = 0;  // that were made
  std::size_t bytes = 0;    // that followers got
};

// Takes what has come, for so long.
std::size_t drain(int epoll, Clock::time_point until) {
  std::size_t bytes = 0;
  char buffer[65536];
  epoll_event ready[256];
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    const int count = epoll_wait(epoll, ready, std::size(ready),
                                 static_cast<int>(std::max<long>(0, left.count())));
    for (int i = 0; i < count; ++i) {
      const ssize_t size = read(ready[i].data.fd, buffer, sizeof buffer);
      if (size <= 0) stop("the server closed a follower");
      bytes += static_cast<std::size_t>(size);
    }
  } while (Clock::now() < until);
  return bytes;
}

Phase run_phase(std::uint16_t port, pid_t server, const std::string& object,
                const std::vector<int>& followers, int seconds, int rate) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : followers) {
    epoll_event wish{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wish);
  }
  const int writer = connect_to(port);
  drain(epoll, Clock::now() + std::chrono::seconds(1));  // what comes first only warms up
  Phase phase;
  const double before = processor_seconds(server);
  const auto from = Clock::now();
  const std::size_t wanted = static_cast<std::size_t>(seconds) * static_cast<std::size_t>(rate);
  while (phase.changes < wanted) {
    change(writer, object);
    ++phase.changes;
    phase.bytes += drain(epoll, from + phase.changes * std::chrono::seconds(1) / rate);
  }
  phase.bytes += drain(epoll, Clock::now() + std::chrono::seconds(1));
  phase.used = processor_seconds(server) - before;
  for (const int fd : followers) close(fd);
  close(writer);
  close(epoll);
  return phase;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) stop("PORT PID [SECONDS [FOLLOWERS [RATE]]]");
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  const pid_t server = std::atoi(arguments[2]);
  const int seconds = std::clamp(count > 3 ? std::atoi(arguments[3]) : 5, 1, 60);
  const int followers = std::clamp(count > 4 ? std::atoi(arguments[4]) : 1000, 1, 10'000);
  const int rate = std::clamp(count > 5 ? std::atoi(arguments[5]) : 20, 1, 1000);
  const double load = load_average();
  const auto all = [&](int (*follow)(std::uint16_t, const std::string&),
                       const std::string& object) {
    std::vector<int> made;
    const int writer = connect_to(port);
    change(writer, object);
    close(writer);
    for (int i = 0; i < (follow == nullptr ? 0 : followers); ++i)
      made.push_back(follow(port, object));
    return run_phase(port, server, object, made, seconds, rate);
  };
  const Phase alone = all(nullptr, "alone");
  const Phase sockets = all(follow_by_websocket, "sockets");
  const Phase events = all(follow_by_events, "events");
  const auto each = [&](const Phase& phase) {
    const double more = phase.used / static_cast<double>(phase.changes) -
                        alone.used / static_cast<double>(alone.changes);
    return more * 1e6 / followers;
  };
  const auto bytes = [&](const Phase& phase) {
    return static_cast<double>(phase.bytes) / static_cast<double>(phase.changes) / followers;
  };
  fmt::print(
      "{} followers, {} changes a second, {} s, load average {:.1f} before it began\n"
      "  alone       {:.0f} us of the processor a change\n"
      "  WebSocket   {:.2f} us a change and follower, {:.0f} bytes\n"
      "  events      {:.2f} us a change and follower, {:.0f} bytes: {:.2f} times as much\n",
      followers, rate, seconds, load, alone.used / static_cast<double>(alone.changes) * 1e6,
      each(sockets), bytes(sockets), each(events), bytes(events), each(events) / each(sockets));
  return 0;
}
