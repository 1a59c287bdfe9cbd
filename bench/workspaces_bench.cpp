// Measures a server with very many small workspaces: the time to start, and its memory after the
// start, after some workspaces were opened, after these were idle, and after many were written to.
//
// It fills a data directory in TMPDIR, starts `syncline serve` on it (SYNCLINE_BINARY, or the
// binary next to this program's folder), sends HTTP requests, and stops it.
// SYNCLINE_BENCH_WORKSPACES sets the number of workspaces (100,000). The times are those of a start
// with the files in the page cache.
#include <benchmark/benchmark.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend/net/http_client.h"
#include "backend/process/child_process.h"
#include "backend/store/rocksdb_store.h"
#include "log/blocking_log.h"
#include "merge/effect_codec.h"
#include "merge/object.h"
#include "store_bench_support.h"
#include "syncline/crdt/doc.h"

namespace syncline::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kOpened = 1000;
constexpr std::size_t kEvents = 3;  // per workspace
constexpr auto kIdle = std::chrono::seconds(8);
constexpr std::uint64_t kStartMs = 60'000;

std::size_t wanted_workspaces() {
  const char* text = std::getenv("SYNCLINE_BENCH_WORKSPACES");
  if (text != nullptr) return std::strtoull(text, nullptr, 10);
  return std::getenv("BENCH_QUICK") == nullptr ? 100'000 : 5000;
}

std::string program() {
  if (const char* named = std::getenv("SYNCLINE_BINARY"); named != nullptr) return named;
  const std::filesystem::path own = backend::own_program();
  return own.parent_path().parent_path() / "syncline";
}

std::string name_of(std::size_t workspace) {
  return "workspace-" + std::to_string(1'000'000 + workspace);
}

// The events of somebody who types a few words.
std::vector<log::Event> typed() {
  crdt::Doc doc({.client_id = 7});
  const auto object = merge::doc_type().create();
  std::vector<log::Event> events;
  doc.on_update([&](const crdt::UpdateEvent& update) {
    log::Event event = testing::sample_event("notes", "");
    event.intent = to_bytes(update.update());
    event.effect = merge::encode_effect(object->prepare(event.intent)->effect);
    (void)object->apply(event.intent);
    events.push_back(std::move(event));
  });
  for (std::size_t i = 0; i < kEvents; ++i)
    (void)doc.text("content").insert(0, "a few words, and then some more of them; ");
  return events;
}

bool fill(const std::string& dir, std::size_t workspaces) {
  auto store = backend::RocksDbStore::open({.data_dir = dir});
  if (!store) return false;
  testing::TestLoop loop;
  const auto log = (*store)->open_loop(loop);
  const std::vector<log::Event> events = typed();
  std::size_t answered = 0;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < workspaces; ++i) {
    syncline::testing::TestChain chain;
    std::vector<log::EncodedEvent> sealed;
    for (log::Event event : events) sealed.push_back(chain.seal(event, loop.unix_ms()).value());
    log->events().append(name_of(i), std::move(sealed), 0, [&](Result<log::Appended> done) {
      failed += done ? 0 : 1;
      ++answered;
    });
    if (i % 1000 == 999 && !loop.run_until([&] { return answered == i + 1; }, 120)) return false;
  }
  return loop.run_until([&] { return answered == workspaces; }, 120) && failed == 0;
}

class RunningServer {
 public:
  static std::optional<RunningServer> start(const std::string& dir) {
    const auto before = Clock::now();
    auto child = backend::ChildProcess::start(
        {.command = {program(), "serve", "--json", "--port", "0", "--data-dir", dir}});
    if (!child) return std::nullopt;
    const auto line = (*child)->wait_line(kStartMs);
    const std::string_view mark = "\"url\":\"";
    const std::size_t at = line ? line->find(mark) : std::string::npos;
    if (at == std::string::npos) return std::nullopt;
    RunningServer server(std::move(*child));
    server.url_ = line->substr(at + mark.size());
    server.url_.resize(server.url_.find('"'));
    if (!server.ask("GET", "/readyz")) return std::nullopt;
    server.start_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - before).count();
    return server;
  }

  bool ask(std::string_view method, const std::string& path) const {
    const auto response = backend::http_request(method, url_ + path, "", {});
    return response && response->status / 100 == 2;
  }

  // Sends a request for each of the workspaces [0, count), two at a time.
  template <typename Path>
  bool ask_all(std::string_view method, std::size_t count, Path path) const {
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> sound = true;
    auto work = [&] {
      for (std::size_t i = next++; i < count; i = next++)
        if (!ask(method, path(i))) sound = false;
    };
    std::thread other(work);
    work();
    other.join();
    return sound;
  }

  double start_ms() const { return start_ms_; }
  double resident_mib() const {
    return static_cast<double>(child_->resident_bytes()) / (1024.0 * 1024.0);
  }
  void stop() {
    child_->signal(SIGTERM);
    child_->wait(kStartMs);
  }

 private:
  explicit RunningServer(std::unique_ptr<backend::ChildProcess> child) : child_(std::move(child)) {}

  std::unique_ptr<backend::ChildProcess> child_;
  std::string url_;
  double start_ms_ = 0;
};

void ManyWorkspaces(benchmark::State& state) {
  const std::size_t workspaces = wanted_workspaces();
  const testing::TempDir dir;
  if (!fill(dir.path(), workspaces)) return state.SkipWithError("not filled");
  for (auto _ : state) {
    auto server = RunningServer::start(dir.path());
    if (!server) return state.SkipWithError("syncline serve does not start: see SYNCLINE_BINARY");
    state.SetIterationTime(server->start_ms() / 1e3);
    state.counters["start_MiB"] = server->resident_mib();
    const std::size_t opened = std::min(kOpened, workspaces);
    bool sound = server->ask_all("GET", opened, [](std::size_t i) {
      return "/v1/workspaces/" + name_of(i) + "/objects/notes";
    });
    state.counters["opened_MiB"] = server->resident_mib();
    std::this_thread::sleep_for(kIdle);
    state.counters["idle_MiB"] = server->resident_mib();
    sound = sound && server->ask_all("PUT", opened * 10, [workspaces](std::size_t i) {
      return "/v1/workspaces/" + name_of(i % workspaces) + "/pins/here?at=1";
    });
    state.counters["written_MiB"] = server->resident_mib();
    server->stop();
    if (!sound) return state.SkipWithError("a request failed");
  }
  state.counters["workspaces"] = static_cast<double>(workspaces);
}
BENCHMARK(ManyWorkspaces)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syncline::bench
