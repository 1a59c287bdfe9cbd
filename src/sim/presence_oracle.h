// I20 presence: everybody who is connected to an object is shown who else is present on it, and who has
// left is not shown any more.
//
// The bound is not a number of seconds that fits all networks. The oracle follows the messages of
// each connection, and so it knows up to which moment a client has been told everything. What the server
// knew at that moment, the client must be shown:
//
//   present   the server has handled the announcement of a client, which is connected and has renewed
//             it within the last 27 s
//   gone      no connection is left on which the client was announced, or the server has heard nothing
//             on it for 36 s: presence expires after 30 s, and the server looks every 3 s
//
// A client has been told everything up to a moment if the server's queue towards it was empty then, if the
// server held back nothing until the log had stored something, and if the client has handled every message
// that had been sent by then. A slow reader, whose queue was dropped, is
// held to this when its queue is empty again. What the server owes is then sent; only who has been gone
// for longer than the server remembers may be missed, and such clients expire by themselves.
//
// Two moments in time cannot be compared exactly where the server itself may have ended a connection,
// which its client learns later. So a client that is not shown is a suspicion first. It is confirmed when
// the missing client has been told everything up to then, and still stands.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/client.h"
#include "sim/network.h"

namespace syncline::sim {

class PresenceOracle {
 public:
  // Whether the server holds back anything of that workspace until the log has stored something.
  using HoldsBack = std::function<bool(const std::string& workspace)>;

  PresenceOracle(World& world, Network& network, HoldsBack holds_back)
      : world_(world), network_(network), holds_back_(std::move(holds_back)) {}

  // Every virtual second.
  void look(std::vector<std::unique_ptr<Client>>& clients);

 private:
  // How far a connection was at one moment.
  struct Mark {
    std::uint64_t at_us = 0;
    std::uint64_t sent = 0;                   // messages
    std::vector<std::uint64_t> announced_us;  // of each replica; 0: not yet, or not joined yet
  };

  // What is known of one replica of a client on its present connection. 0: nothing yet.
  struct Standing {
    std::uint64_t told_until_us = 0;
    std::uint64_t told_before_us = 0;  // the same when the oracle looked last
    std::uint64_t heard_us = 0;        // when the announcement was made that the server heard last
    std::uint64_t present_since_us = 0;  // the server has known for certain that it is present
  };

  struct Line {
    std::uint64_t connection = 0;
    std::shared_ptr<Wire> wire;
    std::deque<Mark> down;  // towards the client, where nothing was queued
    std::deque<Mark> up;
    std::vector<Standing> standings;
    std::uint64_t congested_us = 0;
    bool advanced = false;  // it was found to have been told more, just now
  };

  // A connection on which something was announced, as the server hears it.
  struct Heard {
    std::weak_ptr<Wire> wire;
    std::uint64_t taken = 0;
    std::uint64_t since_us = 0;  // that it has taken no more
  };

  // An id that was announced.
  struct Id {
    ObjectName object;
    std::size_t client = 0;
    std::uint64_t connection = 0;  // the last on which it was announced
    std::uint64_t gone_since_us = 0;
    bool expired = false;  // its connection still stands
  };

  // `subject` was not shown to `watcher`, or was said to be gone.
  struct Suspicion {
    const Client* watcher;
    const Client* subject;
    std::size_t replica = 0;  // of the subject
    std::uint64_t connection = 0;
    std::uint64_t at_us = 0;
  };

  void follow(const Client& client);
  void mark(Line& line, const Client& client);
  void note_ids(const Client& client);
  void note_gone(Id& known);
  bool is_silent(std::size_t client, std::uint64_t up_to) const;
  void check_present(const std::vector<std::unique_ptr<Client>>& clients, const Client& watcher,
                     const Replica& seen, std::uint64_t told_until_us);
  void check_told_gone(const std::vector<std::unique_ptr<Client>>& clients, const Client& watcher,
                       Replica& seen, std::uint64_t told_before_us);
  void check_gone(const Client& watcher, const Replica& seen, std::uint64_t told_until_us);
  void confirm();

  World& world_;
  Network& network_;
  const HoldsBack holds_back_;
  std::map<const Client*, Line> lines_;
  std::map<std::pair<std::size_t, std::uint64_t>, Heard> heard_;  // by client and connection
  std::map<crdt::ClientId, Id> ids_;
  std::vector<Suspicion> suspicions_;
  const Loop* server_ = nullptr;
  std::uint64_t server_since_us_ = 0;  // it has not paused
};

}  // namespace syncline::sim
