#include "cli/load/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cli/load/arrivals.h"
#include "cli/load/interrupt.h"
#include "cli/load/machine.h"
#include "cli/load/real_world.h"
#include "cli/load/server_process.h"
#include "cli/load/stopwatch.h"
#include "sim/client.h"
#include "sim/invariants.h"
#include "sim/vandal.h"

namespace syncline::cli {
namespace {

using sim::kSecond;
constexpr std::uint64_t kServerStartMs = 60'000;
constexpr std::uint64_t kSettleUs = 60 * kSecond;
constexpr std::uint64_t kWarmUpUs = kSecond;
constexpr std::uint64_t kInFlight = 32;
constexpr int kTriesPerChange = 8;  // an edit may change nothing, such as an undo of nothing

sim::Habit habit_of(const BenchOptions& options) {
  if (options.workload == "batches") return sim::Habit::kBatches;
  if (options.workload == "conflicts") return sim::Habit::kFighting;
  if (options.workload == "structures") return sim::Habit::kStructures;
  return sim::Habit::kTyping;
}

class Bench {
 public:
  Bench(const BenchOptions& options, const std::function<void(std::string_view)>& progress)
      : options_(options), progress_(progress), real_(options.seed, false), watch_(real_) {}
  ~Bench() { real_.timeline().clear(); }

  Result<BenchResult> go();

 private:
  Result<void> reach_server();
  void make_clients();
  Result<void> settle(std::string_view what);
  Result<void> open_loop();
  Result<void> saturate();
  void finish();
  bool edit(sim::Client& client, std::uint64_t due_us);
  void next_arrival(std::uint64_t end_us);
  void top_up(std::size_t client);
  Result<void> sound() const;

  const BenchOptions& options_;
  const std::function<void(std::string_view)>& progress_;
  Interrupt interrupt_;
  RealWorld real_;
  Stopwatch watch_;
  std::optional<TemporaryDirectory> directory_;
  std::optional<ServerProcess> server_;
  std::vector<std::unique_ptr<sim::Client>> clients_;
  std::vector<std::unique_ptr<sim::Vandal>> vandals_;
  std::optional<Arrivals> arrivals_;
  std::uint64_t measured_from_us_ = 0;
  std::vector<std::uint64_t> under_way_;  // changes in flight of each client, in the second part
  std::uint64_t saturated_until_us_ = 0;
  std::size_t next_ = 0;
  BenchResult result_;
};

Result<void> Bench::sound() const {
  const auto& violation = const_cast<RealWorld&>(real_).world().violation;
  if (violation)
    return fail(ErrorCode::kUnavailable, violation->invariant + ": " + violation->what);
  if (Interrupt::asked()) return fail(ErrorCode::kUnavailable, "interrupted");
  return {};
}

Result<void> Bench::reach_server() {
  result_.cores = core_count();
  result_.load = load_average();
  if (!options_.url.empty()) {
    auto target = backend::parse_ws_url(options_.url);
    if (!target) return std::unexpected(target.error());
    real_.set_target([target = *target](std::size_t) { return target; });
    result_.durability = "unknown";
    return {};
  }
  progress_("starting a server");
  auto directory = TemporaryDirectory::make("bench");
  if (!directory) return std::unexpected(directory.error());
  directory_.emplace(std::move(*directory));
  result_.sync_us = sync_latency_us(directory_->path());
  // One address sends everything, as fast as the server takes it.
  server_.emplace(ServerOptions{.directory = directory_->path(),
                                .environment = {{"SYNCLINE_RATE_MESSAGES", "0"},
                                                {"SYNCLINE_RATE_MIB", "0"},
                                                {"SYNCLINE_RATE_JOINS", "0"},
                                                {"SYNCLINE_RATE_CONNECTIONS", "0"}}});
  if (auto started = server_->start(kServerStartMs); !started) return started;
  result_.own_server = true;
  result_.durability = server_->durability();
  real_.set_target([port = server_->port()](std::size_t) {
    return backend::WsTarget{.host = "127.0.0.1", .port = port};
  });
  return {};
}

void Bench::make_clients() {
  for (std::size_t i = 0; i < options_.clients; ++i) {
    sim::ClientSettings settings;
    settings.number = i;
    settings.hocuspocus = options_.protocol == "hocuspocus";
    settings.workspace = fmt::format("bench-{}", options_.seed);
    settings.objects = {fmt::format("document-{}", i % options_.documents)};
    settings.token = options_.token;
    settings.habit = habit_of(options_);
    settings.undoes = options_.workload == "conflicts";
    settings.edit_every_us = 0;
    settings.max_edits = UINT64_MAX;
    if (options_.workload == "offline" && i % 2 == 1) {
      settings.online_us = 2 * kSecond;
      settings.offline_us = kSecond / 2;
    }
    clients_.push_back(sim::make_client(real_.world(), real_, watch_, std::move(settings)));
    clients_.back()->loop().set_turn_us(0);
    clients_.back()->start();
  }
  if (options_.workload != "misbehaving") return;
  for (std::size_t i = 0; i < 1 + options_.clients / 10; ++i) {
    sim::VandalSettings settings{.number = options_.clients + i,
                                 .workspace = fmt::format("bench-{}", options_.seed),
                                 .object = "junk",
                                 .token = options_.token,
                                 .may_write = true,
                                 .every_us = kSecond / 5};
    vandals_.push_back(std::make_unique<sim::Vandal>(real_.world(), real_, settings));
    vandals_.back()->start();
  }
}

Result<void> Bench::settle(std::string_view what) {
  progress_(what);
  std::string why;
  real_.run_until(real_.now_us() + kSettleUs, [&] {
    why.clear();
    for (const auto& client : clients_)
      if (why = client->why_not(); !why.empty()) break;
    return why.empty() || Interrupt::asked();
  });
  if (auto still = sound(); !still) return still;
  if (why.empty()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("{}: after {} s {}", what, kSettleUs / kSecond, why));
}

// Returns false if the edit changed nothing.
bool Bench::edit(sim::Client& client, std::uint64_t due_us) {
  const crdt::Doc& doc = client.replicas().front().editor->doc();
  const crdt::ClientId id = doc.client_id();
  const crdt::Clock before = doc.state_vector().get(id);
  const std::uint64_t sent = watch_.sent_count();
  client.edit();
  const crdt::Clock after = doc.state_vector().get(id);
  if (after > before) watch_.made(id, client.name(), after, due_us);
  return after > before || watch_.sent_count() > sent;
}

void Bench::next_arrival(std::uint64_t end_us) {
  const std::uint64_t due = arrivals_->next();
  if (due >= end_us) return;
  real_.timeline().at(due, [this, due, end_us] {
    const bool timed = due >= measured_from_us_;
    const std::uint64_t now = real_.now_us();
    if (timed) result_.late_us.record(now > due ? now - due : 0);
    if (edit(*clients_[next_++ % clients_.size()], timed ? due : 0) && timed) ++result_.offered;
    next_arrival(end_us);
  });
}

Result<void> Bench::open_loop() {
  const std::uint64_t start = real_.now_us() + 10'000;
  measured_from_us_ = start + kWarmUpUs;
  const std::uint64_t end = measured_from_us_ + options_.seconds * kSecond;
  arrivals_.emplace(real_.world().dice.fork("arrivals"), start, static_cast<double>(options_.rate));
  next_arrival(end);
  progress_("warming up");
  real_.run_until(measured_from_us_, &Interrupt::asked);
  progress_("measuring latency");
  const std::uint64_t acked = watch_.acked_count();
  const std::uint64_t cpu = server_ ? server_->process()->cpu_us() : 0;
  watch_.measure(&result_.ack_us, &result_.receipt_us);
  real_.run_until(end, &Interrupt::asked);
  result_.acked = watch_.acked_count() - acked;
  result_.seconds = static_cast<double>(options_.seconds);
  if (server_ && result_.acked > 0)
    result_.cpu_us_per_change = static_cast<double>(server_->process()->cpu_us() - cpu) /
                                static_cast<double>(result_.acked);
  // Changes that are still in flight count, too, however late they are.
  auto settled = settle("waiting for what is under way");
  watch_.measure(nullptr, nullptr);
  return settled;
}

void Bench::top_up(std::size_t client) {
  if (real_.now_us() >= saturated_until_us_) return;
  int tries = kTriesPerChange;
  while (under_way_[client] < kInFlight && tries > 0) {
    if (edit(*clients_[client], 0)) {
      ++under_way_[client];
    } else {
      --tries;
    }
  }
}

Result<void> Bench::saturate() {
  progress_("measuring throughput");
  const std::uint64_t start = real_.now_us();
  saturated_until_us_ = start + std::max<std::uint64_t>(1, options_.seconds / 2) * kSecond;
  under_way_.assign(clients_.size(), 0);
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < clients_.size(); ++i) numbers[clients_[i]->name()] = i;
  watch_.on_ack([this, numbers = std::move(numbers)](const std::string& name, std::uint64_t count) {
    const std::size_t client = numbers.at(name);
    under_way_[client] -= std::min(under_way_[client], count);
    real_.timeline().after(0, [this, client] { top_up(client); });
  });
  const std::uint64_t before = watch_.acked_count();
  for (std::size_t i = 0; i < clients_.size(); ++i) top_up(i);
  real_.run_until(saturated_until_us_, &Interrupt::asked);
  const double seconds = static_cast<double>(real_.now_us() - start) / 1e6;
  result_.saturated_per_s = static_cast<double>(watch_.acked_count() - before) / seconds;
  result_.in_flight = kInFlight;
  watch_.on_ack({});
  return settle("waiting for everybody to be in step");
}

void Bench::finish() {
  result_.payload_bytes = watch_.payload_bytes();
  if (!server_) return;
  result_.peak_memory_bytes = server_->process()->peak_resident_bytes();
  for (const auto& client : clients_) client->go_offline();
  real_.run_until(real_.now_us() + kSecond / 5);
  progress_("stopping the server");
  server_->stop(15'000);
  result_.disk_bytes = directory_bytes(server_->data_dir());
}

Result<BenchResult> Bench::go() {
  if (auto reached = reach_server(); !reached) return std::unexpected(reached.error());
  make_clients();
  if (auto in = settle("connecting"); !in) return std::unexpected(in.error());
  for (auto part : {&Bench::open_loop, &Bench::saturate}) {
    if (auto done = (this->*part)(); !done) return std::unexpected(done.error());
    if (auto still = sound(); !still) return std::unexpected(still.error());
  }
  finish();
  result_.warnings = bench_warnings(options_, result_);
  return std::move(result_);
}

}  // namespace

Result<BenchResult> run_bench(const BenchOptions& options,
                              const std::function<void(std::string_view)>& progress) {
  return Bench(options, progress).go();
}

}  // namespace syncline::cli
