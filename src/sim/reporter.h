// Reporter: a script that writes to an object over HTTP, one request after the other. It asks again with the same
// Idempotency-Key until it is answered.
//
//   I3 exactly once  a request with a key is one event, however often it is sent
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log/event.h"
#include "sim/api_user.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

class Reporter {
 public:
  // `every_us`: between two requests, on average.
  Reporter(World& world, Server& server, std::string token, std::string workspace,
           std::string object, std::uint64_t every_us);

  void start() { ask_later(); }
  // It begins nothing new.
  void stop() { stopped_ = true; }
  // The server has recovered: the answer will not come.
  void recovered();

  // "" if it waits for no answer.
  std::string why_not() const;
  void check(const std::vector<log::Event>& events);

 private:
  void ask_later();
  void ask();
  void answered(const ApiUser::Answer& answer);
  std::string key_of(std::uint64_t request) const;

  World& world_;
  Server& server_;
  const std::string workspace_;
  const std::string object_;
  const std::uint64_t every_us_;
  ApiUser user_;
  Dice dice_;
  std::vector<log::Position> acked_;  // of each request that was answered
  bool open_ = false;        // the request after those was sent, perhaps not for the first time
  std::uint64_t asked_ = 0;  // answers to earlier questions are ignored
  bool stopped_ = false;
};

}  // namespace syncline::sim
