// Callers without the right, at every route of the HTTP API, while the world breaks: without a token, with a wrong one,
// with that of a client whose rights are gone, with one that may only read.
//
//   I7 rights  a caller without the right is refused, and the refusal is the same whatever is asked for: it says
//              nothing of what is stored. A caller with the right is not refused for it. While a workspace is
//              imported, every route is shut that does not say so (api/route.h)
//
// That nothing is changed by them, Rights::check() finds in the log, and Custodian and Historians in rules and pins.
// Thread-safety: none. What it is given outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/route.h"
#include "sim/api_user.h"
#include "sim/book.h"
#include "sim/rights.h"
#include "sim/server.h"

namespace syncline::sim {

class Intruder {
 public:
  Intruder(World& world, Server& server, const Rights& rights, std::size_t clients,
           std::vector<ObjectName> objects);

  void start();

 private:
  // Who asks. What the server owes a caller depends on the rights that the process has been given.
  struct Asker {
    std::string token;
    Rights::Level level = Rights::Level::kNone;
    std::string origin = {};
  };
  struct Question {
    const api::Route* route = nullptr;
    std::string workspace;
    Asker asker;
    bool shut = false;  // the workspace was, when the question reached the server
  };

  void act_later();
  void act();
  Asker draw_asker();
  std::string draw_target(const api::Route& route, const ObjectName& object);
  void judge(const Question& question, const ApiUser::Answer& answer);

  World& world_;
  Server& server_;
  const Rights& rights_;
  const std::size_t clients_;
  const std::vector<ObjectName> objects_;
  const std::vector<const api::Route*> routes_;
  Dice dice_;
  const std::uint64_t every_us_;
  // What a refusal came with first, by its status and whether there was a token.
  std::map<std::pair<int, bool>, std::string> refusals_;
};

}  // namespace syncline::sim
