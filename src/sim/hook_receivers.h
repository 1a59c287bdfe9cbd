// HookReceivers: the receivers of webhooks, in place of the network behind hooks/hook_sender.h. They are slow, refuse for
// a while, and take messages without an answer.
//
//   I28 told  a receiver is told of every event. What it has taken comes again only if it did not say so, or if the server
//             ended directly after that. The events of an object come in the order of the log
//
// A receiver is known by its address. Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/hook_sender.h"
#include "log/event.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

class HookReceivers final : public hooks::HookSender {
 public:
  HookReceivers(World& world, Server& server, std::uint64_t way_us);

  void send(hooks::HookRequest request, Scheduler& loop, Done done) override;

  // The receiver refuses what comes in this time, or takes it and does not answer.
  enum class Trouble : std::uint8_t { kNone, kRefuses, kSilent };
  void trouble(const std::string& url, Trouble trouble, std::uint64_t for_us);
  // From now on, everything is taken and answered.
  void heal();
  void recovered() { ++life_; }

  // Whether the receiver has taken the event at `position`.
  bool has(const std::string& url, log::Position position) const;

 private:
  struct Receiver {
    Trouble trouble = Trouble::kNone;
    std::uint64_t until_us = 0;
    std::map<std::string, log::Position> last;  // of each object
    std::set<log::Position> taken;
    std::map<log::Position, std::uint64_t> answered;  // in which life of the server
    std::map<std::uint64_t, log::Position> again;     // what came again of what a life was told of
  };

  // What the receiver answers. 0: nothing.
  int take(Receiver& receiver, const std::string& body);
  void take_event(Receiver& receiver, const std::string& object, log::Position position);
  void broken(const std::string& object, log::Position position, std::string_view what);

  World& world_;
  Server& server_;
  const std::uint64_t way_us_;
  Dice dice_;
  std::map<std::string, Receiver, std::less<>> receivers_;  // by address
  std::uint64_t life_ = 0;
};

}  // namespace syncline::sim
