// Straggler: an actor whose change waits for another one while its object is deleted, and a new object of the name begins.
//
//   I27 deletion  a change that waited for others is not applied to the next object of the name, also when what it waited
//                 for comes
//
// It asks one thing at a time, and asks again until it is answered: each request may come twice.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <string>

#include "sim/api_user.h"
#include "sim/one_request.h"
#include "sim/server.h"
#include "sim/world.h"
#include "syncline/bytes.h"

namespace syncline::sim {

class Straggler {
 public:
  static constexpr std::string_view kWorkspace = "late";

  // `every_us`: between two requests, on average.
  Straggler(World& world, Server& server, std::uint64_t every_us);

  void start() { act_later(); }
  void stop() { stopped_ = true; }
  void recovered();

 private:
  enum class Step : std::uint8_t { kWrite, kWait, kDelete, kBegin, kRelease, kRead };

  void act_later();
  void act();
  void begin_round();
  void send(const Bytes& update, int expected);
  void remove();
  void read();
  void next(Step step);
  void broken(std::string_view what, const ApiUser::Answer& answer);
  std::string target() const;

  World& world_;
  Server& server_;
  const std::uint64_t every_us_;
  ApiUser user_;
  Dice dice_;
  Step step_ = Step::kWrite;
  std::uint64_t round_ = 0;
  Bytes content_;  // of the object that is deleted
  Bytes first_;    // a replica's first change, which comes too late
  Bytes second_;   // its second one, which waits for it
  Bytes after_;    // of the next object
  bool stopped_ = false;
  OneRequest request_;
};

}  // namespace syncline::sim
