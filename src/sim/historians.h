// Those who look back while the world breaks: they set pins and remove some, and ask what an object
// was at a position, at a time, or where a pin stands, over the HTTP API.
//
//   I2 acked means durable   a pin that was confirmed is there, where it was set
//   I7 rights                nobody sets a pin without the right to
//   I19 retention            only what is before the floor and not pinned is refused
//   I13 position             an object at a moment is what replaying the log up to there gives, and
//                            a time means the last event stamped then or before
//
// What vandals write to is left out: while something of it waits, replaying and restoring may each
// let another of two claims win (oracle.cpp). Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/api_user.h"
#include "sim/book.h"
#include "sim/rights.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

class Historians {
 public:
  // What was answered to a question about the past.
  struct Answer {
    ObjectName object;
    log::Position at = 0;        // the moment, as the server understood it
    std::uint64_t unix_ms = 0;   // what was asked for, if it was a time; of an event or before one
    log::Position position = 0;  // of the object's last event then
    std::string content;
  };

  Historians(World& world, Server& server, const std::set<ObjectName>& objects);

  void start();

  // Several questions at once: damaged snapshots are seen by who asks for them.
  void look_around();

  // An older copy of the disk has come back.
  void rolled_back();

  // When all is quiet.
  void check(const store::Tables& tables);

  // The positions of the pins that are promised, and how many were ever removed.
  std::vector<log::Position> pins(const std::string& workspace) const;
  std::uint64_t removed_pins(const std::string& workspace) const;

  // For tests.
  void answered(Answer answer);
  void refused(const std::string& workspace, log::Position at) { refused_[workspace].insert(at); }
  void pinned(const std::string& workspace, const std::string& name, log::Position position);

 private:
  void ask_later();
  void ask();
  // What a question names a moment by.
  struct Moment {
    std::string text;
    log::Position position = 0;  // that it means, where it is no time
    std::uint64_t unix_ms = 0;   // a time
  };

  void look(Server::Process& process, const ObjectName& object, const log::Head& head);
  void look_at(const ObjectName& object, Moment moment);
  void look_at_time_of(Server::Process& process, const ObjectName& object, const log::Head& head);
  void set_pin(const std::string& workspace, const log::Head& head);
  void remove_pin(const std::string& workspace);
  void judge(const ObjectName& object, const Moment& moment, const ApiUser::Answer& answer);
  bool is_pinned(const std::string& workspace, const std::string& moment) const;
  void check_refusals(const store::Tables& tables);
  void check_pins(const store::Tables& tables);
  void check_object(const ObjectName& name, const std::vector<const Answer*>& answers,
                    const store::Tables& tables);
  void check_time(const Answer& answer, const std::vector<log::Event>& events);

  World& world_;
  Server& server_;
  const std::vector<ObjectName> objects_;
  Dice dice_;
  const std::uint64_t every_us_;
  ApiUser visitor_;
  ApiUser operator_;
  std::vector<Answer> answers_;
  std::map<std::string, std::map<std::string, log::Position>> pins_;  // confirmed, by workspace
  std::map<std::string, std::uint64_t> removed_;
  std::map<std::string, std::set<log::Position>> refused_;  // moments that were said to be gone
  std::uint64_t next_pin_ = 0;                              // each has a name of its own
  std::uint64_t past_ = 0;                                  // grows when positions begin anew
};

}  // namespace syncline::sim
