// Those who look at an object now and then without editing, with GET /v1/…/objects, and what their
// answers must be.
//
//   I5 reads      linearizable: an answer holds all that was acknowledged before it was asked for,
//                 and whoever asks later never sees an older position (as strict objects demand it
//                 of writes too, once there are any); what it shows is durable
//   I13 position  the state at a position is that of replaying the log up to it
//
// The history is recorded as Jepsen does (a call's beginning and end in real time) and checked
// against the one order that the log itself gives. Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/api_user.h"
#include "sim/book.h"
#include "sim/rights.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

class Visitors {
 public:
  struct Answer {
    ObjectName object;
    log::Position position = 0;
    std::string content;
    crdt::IdSet promised;  // acknowledged before the question
  };

  Visitors(World& world, Server& server, const Book& book, std::vector<ObjectName> objects,
           std::uint64_t every_us = 0);

  void start();

  // An older copy of the disk has come back: positions begin anew.
  void rolled_back();

  // When all is quiet.
  void check(const store::Tables& tables);

  // For tests.
  void answered(Answer answer, log::Position floor);

 private:
  void ask_later();
  void ask();
  void check_durable(const Answer& answer);
  void check_object(const ObjectName& name, const std::vector<const Answer*>& answers,
                    const store::Tables& tables);

  World& world_;
  Server& server_;
  const Book& book_;
  const std::vector<ObjectName> objects_;
  ApiUser user_;
  Dice dice_;
  const std::uint64_t every_us_;
  std::vector<Answer> answers_;
  std::map<ObjectName, log::Position> seen_;  // the newest position in any answer
  std::uint64_t past_ = 0;                    // grows when positions begin anew
};

}  // namespace syncline::sim
