// ChaosServer: the process of the server, and its operator, who starts it again after each death.
//   starting -> up -> dead -> starting …
//                  -> draining -> dead …
//
// It is a violation if the process dies without an order, if a start fails, or if a stop does not
// end. Thread-safety: only the thread of the world and its timeline.
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

  // The first start. Waits until it listens.
  Result<void> start();

  // The callback runs after each kill and before the next start, while the files do not change.
  void on_dead(std::function<void()> callback) { on_dead_ = std::move(callback); }
  // At the second kill, puts back the files from the first kill. This simulates a disk that forgets
  // data.
  void forget_once() { forgets_ = true; }

  bool up() const { return state_ == State::kUp; }
  std::uint16_t port() const { return server_.port(); }
  std::string data_dir() const { return server_.data_dir(); }
  std::uint64_t starts() const { return starts_; }

  // ---- faults
  //
  // They work only while the server is up. `us` is their duration, or the time until the next
  // start.
  void kill(std::uint64_t us);
  void kill_in_recovery(std::uint64_t us);  // kills it again during the next start
  void pause(std::uint64_t us);
  void slow_down(std::uint64_t us);  // stops it most of the time
  void drain(std::uint64_t us);

  // Lets it continue, or starts it. No more faults after this.
  void heal();
  // Stops it for good, as an operator does. Returns how it ended.
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
  std::uint64_t life_ = 0;  // a task that was planned in another life does nothing
  std::uint64_t starts_ = 0;
  std::uint64_t since_us_ = 0;  // when this state began
  std::uint64_t down_us_ = 0;   // how long to stay down after draining
  bool crash_next_start_ = false;
  bool healed_ = false;
  bool forgets_ = false;
  bool remembered_ = false;
};

}  // namespace syncline::cli
