#include "backend/net/resolve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace syncline::backend {
namespace {

constexpr std::chrono::milliseconds kLookPeriod{50};

std::atomic<std::size_t> g_resolving = 0;

// Shared with a thread that may be left behind.
struct Resolution {
  std::string host;
  std::string port;
  Resolver resolver;
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  int error = 0;
  Addresses found;
};

void run(Resolution& work) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = work.resolver
                        ? work.resolver(work.host.c_str(), work.port.c_str(), &hints, &found)
                        : getaddrinfo(work.host.c_str(), work.port.c_str(), &hints, &found);
  const std::scoped_lock lock(work.mutex);
  work.error = error;
  if (error == 0) work.found.reset(found);
  work.finished = true;
  work.done.notify_all();
}

Result<Addresses> answer_of(Resolution& work) {
  if (work.error != 0)
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: {}", work.host, gai_strerror(work.error)));
  return std::move(work.found);
}

}  // namespace

Result<Addresses> resolve(const std::string& host, const std::string& port,
                          const std::function<bool()>& give_up, const Resolver& resolver) {
  if (g_resolving.fetch_add(1) >= kMostResolving) {
    --g_resolving;
    return fail(ErrorCode::kUnavailable, host + ": the name server does not answer");
  }
  const auto work = std::make_shared<Resolution>();
  work->host = host;
  work->port = port;
  work->resolver = resolver;
  std::thread thread([work] {
    run(*work);
    --g_resolving;
  });
  pthread_setname_np(thread.native_handle(), "resolve");
  thread.detach();
  std::unique_lock lock(work->mutex);
  while (!work->done.wait_for(lock, kLookPeriod, [&] { return work->finished; }))
    if (give_up())
      return fail(ErrorCode::kUnavailable, host + ": the name server did not answer in time");
  return answer_of(*work);
}

}  // namespace syncline::backend
