// The server's process and its operator, who starts it again after each death.
//
//   starting -> up -> dead -> starting …
//                  -> draining -> dead …
//
// A death that nobody ordered, a start that fails and a stop that does not end break an invariant.
// One thread: that of the world, whose timeline it lives on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/chaos/story.h"
#include "cli/load/real_world.h"
#include "cli/load/server_process.h"
#include "sim/dice.h"

namespace syncline::cli {

class ChaosServer {
 public:
  ChaosServer(RealWorld& real, Story& story, ServerOptions options);

  // The first start; waits for it.
  Result<void> start();

  // Called when it has been killed, before it is started again: its files lie still.
  void on_dead(std::function<void()> callback) { on_dead_ = std::move(callback); }
  // At the second kill, the files of the first come back: a disk that forgets.
  void forget_once() { forgets_ = true; }

  bool up() const { return state_ == State::kUp; }
  std::uint16_t port() const { return server_.port(); }
  std::string data_dir() const { return server_.data_dir(); }
  std::uint64_t starts() const { return starts_; }

  // ---- faults; only while it is up. `us`: how long they last, or until it is started again
  void kill(std::uint64_t us);
  void kill_in_recovery(std::uint64_t us);  // and once more while it starts
  void pause(std::uint64_t us);
  void slow_down(std::uint64_t us);  // stopped most of the time
  void drain(std::uint64_t us);

  // Goes on, or is started, and is left alone from now on.
  void heal();
  // For good, as an operator does it. How it ended.
  backend::ChildEnd stop();

 private:
  enum class State : std::uint8_t { kDead, kStarting, kUp, kDraining };

  void watch();
  void launch();
  void launch_later(std::uint64_t us);
  void die();
  void strobe(std::uint64_t until_us, std::uint64_t life);
  void forget();
  void violated(std::string_view invariant, std::string what);

  RealWorld& real_;
  Story& story_;
  ServerProcess server_;
  sim::Dice dice_;
  std::function<void()> on_dead_;
  State state_ = State::kDead;
  std::uint64_t life_ = 0;  // what was planned for another life is void
  std::uint64_t starts_ = 0;
  std::uint64_t since_us_ = 0;  // in this state
  std::uint64_t down_us_ = 0;   // after draining
  bool crash_next_start_ = false;
  bool healed_ = false;
  bool forgets_ = false;
  bool remembered_ = false;
};

}  // namespace syncline::cli
