// Historians: actors that read the past while faults happen. They set pins and remove some, and ask
// over the HTTP API what an object was at a position, at a time, or at a pin.
//
//   I2 acked means durable   a confirmed pin exists where it was set
//   I7 rights                nobody sets a pin without the right to
//   I19 retention            only moments before the floor without a pin are refused
//   I13 position             an object at a moment equals the result of replaying the log up to
//                            there, and a time means the last event with that stamp or an earlier
//                            one
//
// They leave out objects that vandals write to: while something of these waits, replaying and
// restoring may each choose another of two contradicting claims (oracle.cpp). Thread-safety: none.
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
  // The answer to a question about the past.
  struct Answer {
    ObjectName object;
    log::Position at = 0;        // the moment, as the server resolved it
    std::uint64_t unix_ms = 0;   // the requested time, if it was a time; of an event, or before it
    log::Position position = 0;  // of the object's last event at that moment
    std::string content;
    log::Position asked_at = 0;  // the end of the log when a time was asked for
  };

  Historians(World& world, Server& server, const std::set<ObjectName>& objects);

  void start();

  // Asks several questions at once, because only a read notices a damaged snapshot.
  void look_around();

  // An older copy of the disk was brought back.
  void rolled_back();

  // The check at the end of the run.
  void check(const store::Tables& tables);

  // The positions of the promised pins, and the number of pins that were ever removed.
  std::vector<log::Position> pins(const std::string& workspace) const;
  std::uint64_t removed_pins(const std::string& workspace) const;

  // For tests.
  void answered(Answer answer);
  void refused(const std::string& workspace, log::Position at) { refused_[workspace].insert(at); }
  void pinned(const std::string& workspace, const std::string& name, log::Position position);

 private:
  void ask_later();
  void ask();
  // The moment that a question names.
  struct Moment {
    std::string text;
    log::Position position = 0;  // the position that it means, if it is not a time
    std::uint64_t unix_ms = 0;   // the time, if it is one
    log::Position asked_at = 0;  // the end of the log then
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
  // Moments that the server refused as gone.
  std::map<std::string, std::set<log::Position>> refused_;
  std::uint64_t next_pin_ = 0;  // makes the names of pins unique
  std::uint64_t past_ = 0;      // grows when positions start again
};

}  // namespace syncline::sim
