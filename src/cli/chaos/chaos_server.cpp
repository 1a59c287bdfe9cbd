#include "cli/chaos/chaos_server.h"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <utility>

#include "sim/invariants.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kMs = 1000;
constexpr std::uint64_t kWatchUs = 10 * kMs;
constexpr std::uint64_t kStartLimitUs = 60'000 * kMs;  // for a machine under load
constexpr std::uint64_t kDrainLimitUs = 60'000 * kMs;
constexpr std::uint64_t kDeathLimitMs = 10'000;
constexpr std::uint64_t kStrobeOffUs = 40 * kMs;
constexpr std::uint64_t kStrobeOnUs = 10 * kMs;

}  // namespace

ChaosServer::ChaosServer(RealWorld& real, Story& story, ServerOptions options)
    : real_(real),
      story_(story),
      server_(std::move(options)),
      dice_(real.world().dice.fork("server")) {}

Result<void> ChaosServer::start() {
  if (auto started = server_.start(kStartLimitUs / kMs); !started) return started;
  ++starts_;
  state_ = State::kUp;
  story_.process("server", fmt::format("listens, process {}", server_.process()->pid()));
  watch();
  return {};
}

void ChaosServer::violated(std::string_view invariant, std::string what) {
  story_.check(what);
  real_.world().violated(invariant, std::move(what));
}

void ChaosServer::watch() {
  const std::uint64_t waited = real_.timeline().now_us() - since_us_;
  if (state_ == State::kStarting) {
    auto ready = server_.listening();
    if (!ready) return violated(sim::kNoCrash, ready.error().message);
    if (*ready) {
      state_ = State::kUp;
      story_.process("server", fmt::format("listens, process {}", server_.process()->pid()));
    } else if (waited > kStartLimitUs) {
      return violated(sim::kLiveness, "the server does not start: " + server_.last_words());
    }
  } else if (state_ == State::kUp) {
    if (const auto end = server_.process()->ended())
      return violated(sim::kNoCrash, fmt::format("the server ended with {}: {}", to_string(*end),
                                                 server_.last_words()));
  } else if (state_ == State::kDraining) {
    if (const auto end = server_.process()->ended()) {
      if (!end->well())
        return violated(sim::kNoCrash, fmt::format("the server drained and ended with {}: {}",
                                                   to_string(*end), server_.last_words()));
      story_.process("server", "has drained");
      state_ = State::kDead;
      launch_later(down_us_);
    } else if (waited > kDrainLimitUs) {
      return violated(sim::kLiveness, "the server does not come to an end after SIGTERM");
    }
  }
  real_.timeline().after(kWatchUs, [this] { watch(); });
}

void ChaosServer::launch() {
  if (state_ != State::kDead) return;
  const std::uint64_t life = ++life_;
  if (auto launched = server_.launch(); !launched)
    return violated(sim::kNoCrash, launched.error().message);
  ++starts_;
  state_ = State::kStarting;
  since_us_ = real_.timeline().now_us();
  if (!std::exchange(crash_next_start_, false) || healed_) return;
  real_.timeline().after(dice_.between(1, 60) * kMs, [this, life] {
    if (life != life_ || healed_) return;
    die();
    launch_later(100 * kMs);
  });
}

void ChaosServer::launch_later(std::uint64_t us) {
  real_.timeline().after(healed_ ? 0 : us, [this, life = ++life_] {
    if (life == life_) launch();
  });
}

// Kills this process. Its files are checked before a client can repair them.
void ChaosServer::die() {
  server_.process()->signal(SIGKILL);
  if (!server_.process()->wait(kDeathLimitMs))
    return violated(sim::kNoCrash, "the server outlives SIGKILL");
  state_ = State::kDead;
  story_.process("server", "is dead");
  if (forgets_) forget();
  if (on_dead_) on_dead_();
}

void ChaosServer::forget() {
  namespace fs = std::filesystem;
  const std::string older = data_dir() + ".older";
  std::error_code error;
  if (!std::exchange(remembered_, true)) {
    fs::copy(data_dir(), older, fs::copy_options::recursive, error);
    return;
  }
  story_.process("server", "finds the files of its first death");
  fs::remove_all(data_dir(), error);
  fs::rename(older, data_dir(), error);
  forgets_ = false;
}

void ChaosServer::kill(std::uint64_t us) {
  die();
  launch_later(us);
}

void ChaosServer::kill_in_recovery(std::uint64_t us) {
  crash_next_start_ = true;
  kill(us);
}

void ChaosServer::pause(std::uint64_t us) {
  server_.process()->signal(SIGSTOP);
  real_.timeline().after(us, [this, life = life_] {
    if (life == life_ && !healed_) server_.process()->signal(SIGCONT);
  });
}

void ChaosServer::slow_down(std::uint64_t us) {
  strobe(real_.timeline().now_us() + us, life_);
}

void ChaosServer::strobe(std::uint64_t until_us, std::uint64_t life) {
  if (life != life_ || healed_ || real_.timeline().now_us() > until_us) return;
  server_.process()->signal(SIGSTOP);
  real_.timeline().after(kStrobeOffUs, [this, until_us, life] {
    if (life != life_) return;
    server_.process()->signal(SIGCONT);
    real_.timeline().after(kStrobeOnUs, [this, until_us, life] { strobe(until_us, life); });
  });
}

void ChaosServer::drain(std::uint64_t us) {
  ++life_;
  down_us_ = us;
  state_ = State::kDraining;
  since_us_ = real_.timeline().now_us();
  server_.process()->signal(SIGCONT);
  server_.process()->signal(SIGTERM);
}

void ChaosServer::heal() {
  healed_ = true;
  if (state_ == State::kDead) return launch_later(0);
  server_.process()->signal(SIGCONT);
}

backend::ChildEnd ChaosServer::stop() {
  state_ = State::kDead;
  return server_.stop(kDrainLimitUs / kMs);
}

}  // namespace syncline::cli
