// How many changes a second a running server makes durable over HTTP, and what one costs.
//
//   syncline serve --port 4400 --data-dir /tmp/data &
//   http_writes_bench 4400 $! [SECONDS [CONNECTIONS [edits | appends]]]
//
// Each connection sends one change after the other, and the next when the last is answered: "insert a few characters at
// the end of a text", as a script would say it. Each connection has a document of its own in one of 16 workspaces, and
// begins another after 200 changes, so the documents stay small. The answer comes when the change is synced to disk.
// With "appends", a change is an append of 256 bytes to one of the 16 streams of the connection, in turn.
// One thread, 127.0.0.1 only. Ends by itself.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "loopback.h"

namespace {

using syncline::bench::connect_to;
using syncline::bench::stop;

using Clock = std::chrono::steady_clock;

constexpr int kChangesPerDocument = 200;
constexpr std::string_view kBody =
    R"({"root":"content","ops":[{"insert":"hello, world. ","at":"end"}]})";

constexpr std::size_t kStreams = 16;  // of a connection
constexpr std::size_t kAppended = 256;

struct Connection {
  int fd = -1;
  bool appends = false;
  std::size_t number = 0;
  std::size_t sent = 0;  // requests
  std::string answer;
  Clock::time_point began;
};

std::string edit_of(const Connection& connection) {
  return fmt::format(
      "PATCH /v1/workspaces/bench-{}/objects/c{}-{} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Content-Type: application/vnd.syncline.text+json\r\nContent-Length: {}\r\n\r\n{}",
      connection.number % 16, connection.number, connection.sent / kChangesPerDocument,
      kBody.size(), kBody);
}

// The first ones begin the streams.
std::string append_of(const Connection& connection) {
  const std::string body(connection.sent < kStreams ? 0 : kAppended, 'x');
  return fmt::format(
      "{} /streams/bench-{}/s{}-{} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n{}",
      body.empty() ? "PUT" : "POST", connection.number % 16, connection.number,
      connection.sent % kStreams, body.size(), body);
}

void send_next(Connection& connection) {
  const std::string request = connection.appends ? append_of(connection) : edit_of(connection);
  ++connection.sent;
  connection.answer.clear();
  connection.began = Clock::now();
  // Far less than the buffer of a socket holds.
  if (write(connection.fd, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
    stop("a request could not be sent");
}

// True when the answer is complete.
bool receive(Connection& connection) {
  char buffer[4096];
  const ssize_t size = read(connection.fd, buffer, sizeof buffer);
  if (size <= 0) stop("the server closed a connection");
  connection.answer.append(buffer, static_cast<std::size_t>(size));
  const std::size_t head = connection.answer.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const std::string status = connection.answer.substr(9, 3);
  if (status == "204") return true;
  const std::size_t length = connection.answer.find("Content-Length: ");
  if (length == std::string::npos || length > head) stop("an answer without a length");
  const std::size_t body = std::strtoull(connection.answer.c_str() + length + 16, nullptr, 10);
  if (connection.answer.size() < head + 4 + body) return false;
  if (status != "200" && status != "201") stop(connection.answer);
  return true;
}

double processor_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double load_average() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) stop("PORT PID [SECONDS [CONNECTIONS [edits | appends]]]");
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  const pid_t server = std::atoi(arguments[2]);
  const int seconds = std::clamp(count > 3 ? std::atoi(arguments[3]) : 8, 1, 60);
  const int connections = std::clamp(count > 4 ? std::atoi(arguments[4]) : 64, 1, 1000);
  const bool appends = count > 5 && std::string_view(arguments[5]) == "appends";
  const double load = load_average();

  std::vector<Connection> all(static_cast<std::size_t>(connections));
  std::vector<pollfd> polled;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].fd = connect_to(port);
    all[i].number = i;
    all[i].appends = appends;
    polled.push_back({all[i].fd, POLLIN, 0});
    send_next(all[i]);
  }
  std::vector<double> latencies_ms;
  auto from = Clock::now() + std::chrono::seconds(1);  // what comes before only warms up
  const auto until = from + std::chrono::seconds(seconds);
  double used = 0;
  bool warm = false;
  while (Clock::now() < until) {
    if (!warm && Clock::now() >= from) {
      warm = true;
      from = Clock::now();
      used = processor_seconds(server);
      latencies_ms.clear();
    }
    if (poll(polled.data(), polled.size(), 1000) < 0) stop("poll failed");
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (polled[i].revents == 0 || !receive(all[i])) continue;
      latencies_ms.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - all[i].began).count());
      send_next(all[i]);
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - from).count();
  used = processor_seconds(server) - used;
  for (const Connection& each : all) close(each.fd);
  if (latencies_ms.empty()) stop("no change was answered");
  std::ranges::sort(latencies_ms);
  const auto n = static_cast<double>(latencies_ms.size());
  const auto quantile = [&](double q) {
    return latencies_ms[static_cast<std::size_t>(q * (n - 1))];
  };
  fmt::print(
      "{} connections, {:.1f} s, load average {:.1f} before it began\n"
      "  writes      {:.0f} a second, each durable before its answer\n"
      "  answer      p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n"
      "  processor   {:.1f} us a write in the server\n",
      connections, took, load, n / took, quantile(0.5), quantile(0.99), latencies_ms.back(),
      used / n * 1e6);
  return 0;
}
