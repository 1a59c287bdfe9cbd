// RunsSince: since when the present process of a server has run without a pause. For oracles that demand something of
// every process that has run for so long.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/server.h"

namespace syncline::sim {

class RunsSince {
 public:
  // Called often. nullopt: the process does not run, or has begun to run since the last call.
  std::optional<std::uint64_t> look(Server& server, std::uint64_t now_us) {
    Server::Process* const process = server.process();
    if (process == nullptr) return std::nullopt;
    if (process->loop.paused() || process_.lock() != process->alive) {
      process_ = process->alive;
      since_us_ = now_us;
      return std::nullopt;
    }
    return since_us_;
  }

 private:
  std::weak_ptr<const int> process_;  // the one that it saw last
  std::uint64_t since_us_ = 0;
};

}  // namespace syncline::sim
