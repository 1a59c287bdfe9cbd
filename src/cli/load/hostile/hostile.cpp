#include "cli/load/hostile/hostile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "backend/process/descriptors.h"
#include "cli/load/hostile/preparation.h"
#include "cli/load/hostile/promises.h"
#include "cli/load/hostile/quiet_users.h"
#include "cli/load/interrupt.h"
#include "cli/load/machine.h"
#include "cli/load/real_world.h"
#include "cli/load/server_process.h"
#include "sim/invariants.h"

namespace syncline::cli {
namespace {

using sim::kSecond;

constexpr std::string_view kDurable = "syncline_write_durable_seconds";
constexpr std::string_view kAloneDurable = "syncline_write_alone_durable_seconds";
constexpr std::string_view kLongDurable = "syncline_write_long_durable_seconds";
constexpr std::string_view kTurns = "syncline_loop_turn_seconds";
constexpr std::string_view kSynced = "syncline_log_sync_seconds";
constexpr std::uint64_t kHostileStartMs = 60'000;
constexpr std::uint64_t kHostileSettleUs = 60 * kSecond;
constexpr int kTriesForMetrics = 3;
constexpr std::uint64_t kWatchUs = 100'000;
constexpr std::uint64_t kStopMs = 30'000;
constexpr std::uint64_t kUsersWithoutNumber =
    50;  // at which documents of users presence attacks aim

class Hostile {
 public:
  Hostile(const HostileOptions& options, const std::function<void(std::string_view)>& progress)
      : options_(options), progress_(progress), real_(options.seed, false) {}
  ~Hostile() { real_.timeline().clear(); }

  Result<HostileResult> go();

 private:
  Result<void> reach();
  Result<void> start_server();
  Result<void> connect_users();
  void pass(std::uint64_t seconds, std::string_view what);
  void watch();
  bool over();
  bool gone() const { return server_pid_ != 0 && resident_bytes_of(server_pid_) == 0; }
  void attack();
  void recover();
  void check_promises();
  void finish();
  MetricPage metrics();
  std::string base() const { return "http://" + ground_.host + ground_.prefix; }

  const HostileOptions& options_;
  const std::function<void(std::string_view)>& progress_;
  Interrupt interrupt_;
  RealWorld real_;
  std::vector<const AttackKind*> attacks_;
  std::optional<TemporaryDirectory> directory_;
  std::optional<ServerProcess> server_;
  std::uint64_t server_pid_ = 0;
  Ground ground_;
  std::optional<QuietUsers> users_;
  HostileResult result_;
};

Result<void> Hostile::start_server() {
  progress_("starting a server");
  auto directory = TemporaryDirectory::make("hostile");
  if (!directory) return std::unexpected(directory.error());
  directory_.emplace(std::move(*directory));
  result_.sync_us = sync_latency_us(directory_->path());
  ServerOptions server{.directory = directory_->path()};
  server.environment = {{"SYNCLINE_TOKEN", "hostile-writer"},
                        {"SYNCLINE_READ_TOKEN", "hostile-reader"}};
  if (options_.memory_mib > 0)
    server.arguments = {"--memory-mib", std::to_string(options_.memory_mib)};
  server_.emplace(std::move(server));
  if (auto started = server_->start(kHostileStartMs); !started) return started;
  server_pid_ = static_cast<std::uint64_t>(server_->process()->pid());
  return {};
}

Result<void> Hostile::reach() {
  backend::raise_descriptor_limit();
  result_.cores = core_count();
  result_.load = load_average();
  server_pid_ = options_.server_pid;
  std::string url = options_.url;
  if (url.empty()) {
    if (auto started = start_server(); !started) return started;
    url = fmt::format("ws://127.0.0.1:{}", server_->port());
  }
  auto ground = ground_at(url);
  if (!ground) return std::unexpected(ground.error());
  ground_ = std::move(*ground);
  ground_.token = server_ ? "hostile-writer" : options_.token;
  ground_.read_token = server_ ? "hostile-reader" : options_.read_token;
  ground_.connections = options_.connections;
  ground_.large_bytes = options_.large_kib << 10;
  ground_.history = options_.history;
  ground_.spares_disk = options_.seconds > 60;
  ground_.quiet_documents = QuietUsers::documents(
      options_.seed, options_.users > 0 ? options_.users : kUsersWithoutNumber);
  using namespace std::chrono;
  ground_.run = fmt::format(
      "{:x}", duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
  const auto target = backend::parse_ws_url(url);
  if (!target) return std::unexpected(target.error());
  real_.set_target([target = *target](std::size_t) { return target; });
  return {};
}

Result<void> Hostile::connect_users() {
  if (options_.users == 0) return {};
  progress_("connecting the users");
  users_.emplace(real_, QuietOptions{.users = options_.users,
                                     .edits_per_second = static_cast<double>(options_.user_rate),
                                     .churn = options_.user_churn,
                                     .seed = options_.seed,
                                     .token = ground_.token.empty() ? "none" : ground_.token});
  users_->connect();
  real_.run_until(real_.now_us() + kHostileSettleUs,
                  [&] { return users_->why_not().empty() || Interrupt::asked() || gone(); });
  if (Interrupt::asked()) return fail(ErrorCode::kUnavailable, "interrupted");
  if (const auto& violation = real_.world().violation)
    return fail(ErrorCode::kUnavailable, violation->invariant + ": " + violation->what);
  if (std::string why = users_->why_not(); !why.empty())
    return fail(ErrorCode::kUnavailable, "connecting the users: " + why);
  users_->edit();
  return {};
}

bool Hostile::over() {
  if (Interrupt::asked() || !result_.server_ended.empty()) return true;
  return !result_.users_problem.empty();
}

// Looks at the server's process ten times a second.
void Hostile::watch() {
  real_.timeline().after(kWatchUs, [this] { watch(); });
  if (server_)
    if (const auto end = server_->process()->ended()) result_.server_ended = to_string(*end);
  if (server_pid_ == 0) return;
  const std::uint64_t bytes = resident_bytes_of(server_pid_);
  if (bytes == 0 && result_.memory_most > 0 && result_.server_ended.empty())
    result_.server_ended = "its process is gone";
  const std::uint64_t second = real_.now_us() / kSecond;
  if (result_.memory.empty() || result_.memory.back().second != second)
    result_.memory.push_back({second, 0});
  result_.memory.back().bytes = std::max(result_.memory.back().bytes, bytes);
  result_.memory_most = std::max(result_.memory_most, bytes);
  result_.memory_after = bytes;
}

void Hostile::pass(std::uint64_t seconds, std::string_view what) {
  progress_(what);
  real_.run_until(real_.now_us() + seconds * kSecond, [this] { return over(); });
  if (const auto& violation = real_.world().violation; violation && result_.users_problem.empty())
    result_.users_problem = violation->invariant + ": " + violation->what;
}

// Empty if the server does not answer. The users go on meanwhile, because their times are measured.
MetricPage Hostile::metrics() {
  const std::string& token = ground_.read_token.empty() ? ground_.token : ground_.read_token;
  std::string why;
  for (int i = 0; i < kTriesForMetrics && !over(); ++i) {
    auto answer = std::async(std::launch::async, [&] { return fetch_metrics(base(), token); });
    const auto there = [&] {
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    real_.run_until(real_.now_us() + kHostileSettleUs, there);
    auto page = answer.get();
    if (page) return std::move(*page);
    why = page.error().message;
  }
  if (!over()) result_.warnings.push_back("no metrics: " + why);
  return {};
}

void Hostile::attack() {
  const MetricPage at_first = metrics();
  if (users_) users_->measure(&result_.calm.ack_us, &result_.calm.receipt_us);
  watch();
  pass(options_.calm_seconds, "measuring without attacks");
  result_.memory_before = result_.memory_after;
  const MetricPage before = metrics();
  if (users_) users_->measure(&result_.attacked.ack_us, &result_.attacked.receipt_us);
  Attackers attackers(ground_, attacks_);
  attackers.start();
  pass(options_.seconds, "attacking");
  attackers.stop();
  result_.attacks = attackers.outcomes();
  const MetricPage after = metrics();
  result_.server_calm = quantiles_between(at_first, before, kDurable);
  result_.server_attacked = quantiles_between(before, after, kDurable);
  result_.sync_attacked = quantiles_between(before, after, kSynced);
  result_.alone_attacked = quantiles_between(before, after, kAloneDurable);
  result_.long_attacked = quantiles_between(before, after, kLongDurable);
  result_.turns_attacked = quantiles_between(before, after, kTurns);
}

// Edits that are under way count, too, however late they are.
void Hostile::recover() {
  if (users_) {
    progress_("waiting for what is under way");
    users_->stop();
    real_.run_until(real_.now_us() + kHostileSettleUs,
                    [&] { return over() || users_->why_not().empty(); });
    if (const auto& violation = real_.world().violation; violation && result_.users_problem.empty())
      result_.users_problem = violation->invariant + ": " + violation->what;
    if (!over())
      if (const std::string why = users_->why_not(); !why.empty()) result_.users_problem = why;
    users_->measure(nullptr, nullptr);
  }
  if (server_pid_ == 0 || result_.memory_before == 0) return;
  progress_("waiting for memory to come back");
  real_.run_until(real_.now_us() + options_.recovery_seconds * kSecond, [&] {
    return over() || result_.memory_after * 10 <= result_.memory_before * 12;
  });
}

void Hostile::check_promises() {
  if (!users_) return;
  progress_("looking for every edit that was acknowledged");
  result_.acked = users_->acked();
  result_.acked_record = promises_to_json(users_->promises());
  if (!result_.server_ended.empty()) return;
  const auto missing = missing_at(base(), ground_.token, users_->promises());
  result_.lost = missing.size();
  if (!missing.empty()) result_.warnings.push_back("lost: " + missing.front());
}

void Hostile::finish() {
  if (server_ && result_.server_ended.empty()) {
    progress_("stopping the server");
    const auto end = server_->stop(kStopMs);
    if (!end.well()) result_.server_ended = fmt::format("at its stop: {}", to_string(end));
  }
  if (server_ && !result_.server_ended.empty())
    result_.warnings.push_back("the server's last words: " + server_->last_words());
  for (const std::string& handicap : build_handicaps())
    result_.warnings.push_back(fmt::format("this build {}: nobody runs one like it", handicap));
  if (result_.load > 0.5 * result_.cores)
    result_.warnings.push_back(
        fmt::format("load average {:.1f} on {} cores before it began: others use this machine",
                    result_.load, result_.cores));
}

Result<HostileResult> Hostile::go() {
  auto attacks = attacks_of(options_.attacks);
  if (!attacks) return std::unexpected(attacks.error());
  attacks_ = std::move(*attacks);
  if (auto reached = reach(); !reached) return std::unexpected(reached.error());
  if (auto made = prepare_ground(ground_, attacks_, progress_); !made)
    return std::unexpected(made.error());
  if (options_.seconds > 0) {
    if (auto connected = connect_users(); !connected) return std::unexpected(connected.error());
    attack();
    recover();
    check_promises();
  }
  finish();
  return std::move(result_);
}

}  // namespace

Result<HostileResult> run_hostile(const HostileOptions& options,
                                  const std::function<void(std::string_view)>& progress) {
  return Hostile(options, progress).go();
}

}  // namespace syncline::cli
