// Visitors: actors that read objects from time to time without editing, with GET /v1/…/objects, and
// the conditions for their answers.
//
//   I5 reads      linearizable: an answer contains everything that was acknowledged before the
//                 request, and a later request never gets an older position (strict objects, once
//                 there are any, will require this of writes, too); what the answer shows is
//                 durable
//   I13 position  the state at a position equals the result of replaying the log up to it
//
// The history is recorded as Jepsen does (the beginning and the end of each call in real time) and
// compared with the one order that the log gives. Thread-safety: none.
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
    crdt::IdSet promised;  // acknowledged before the request
  };

  Visitors(World& world, Server& server, const Book& book, std::vector<ObjectName> objects,
           std::uint64_t every_us = 0);

  void start();

  // An older copy of the disk was brought back, so positions start again.
  void rolled_back();

  // The check at the end of the run.
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
  std::uint64_t past_ = 0;                    // grows when positions start again
};

}  // namespace syncline::sim
