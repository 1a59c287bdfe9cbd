// I20 presence: a client that is connected to an object is shown who else is present on it, and is
// no longer shown who has left.
//
// The bound is not a fixed number of seconds, because networks differ. The oracle follows the
// messages of each connection. So it knows up to which moment a client has been told everything.
// The client must be shown what the server knew at that moment:
//
//   present   the server has handled the announcement of a client that is connected and has renewed
//             it within the last 27 s; if presence has a low rate, so long ago that it was told
//   gone      the client was announced on no connection that still exists, or the server has
//             received nothing on it for 36 s: presence expires after 30 s, and the server checks
//             every 3 s
//
// A client has been told everything up to a moment if the server's queue towards it was empty then, if the
// server held back nothing until the log had stored something, and if the client has handled every message
// that had been sent by then. A slow reader, whose queue was dropped, is
// held to this when its queue is empty again. What the server owes is then sent; only who has been gone
// for longer than the server remembers may be missed, and such clients expire by themselves.
//
// Two moments cannot be compared exactly if the server itself may have ended a connection, because
// its client learns this later. So a missing client is first only a suspicion. It is confirmed when
// the missing client has been told everything up to that moment and is still connected.
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

#include "limits/rates.h"
#include "sim/client.h"
#include "sim/network.h"

namespace syncline::sim {

class PresenceOracle {
 public:
  // Whether the server holds back anything of that workspace until the log has stored something.
  using HoldsBack = std::function<bool(const std::string& workspace)>;

  PresenceOracle(World& world, Network& network, const limits::Rates& rates, HoldsBack holds_back);

  // Called every virtual second.
  void look(std::vector<std::unique_ptr<Client>>& clients);

 private:
  // The progress of a connection at one moment.
  struct Mark {
    std::uint64_t at_us = 0;
    std::uint64_t sent = 0;                   // messages
    std::vector<std::uint64_t> announced_us;  // for each replica; 0: not yet, or not joined yet
  };

  // What is known of one replica of a client on its present connection. 0: nothing yet.
  struct Standing {
    std::uint64_t told_until_us = 0;
    std::uint64_t told_before_us = 0;    // the same at the oracle's last check
    std::uint64_t heard_us = 0;          // time of the announcement that the server handled last
    std::uint64_t present_since_us = 0;  // since when the server certainly knows that it is present
  };

  struct Line {
    std::uint64_t connection = 0;
    std::shared_ptr<Wire> wire;
    std::deque<Mark> down;  // to the client, when nothing was queued
    std::deque<Mark> up;
    std::vector<Standing> standings;
    std::uint64_t congested_us = 0;
    bool advanced = false;  // the last check found that it was told more
  };

  // A connection with an announcement, as the server sees it.
  struct Heard {
    std::weak_ptr<Wire> wire;
    std::uint64_t taken = 0;
    std::uint64_t since_us = 0;  // since when it has handled nothing more
  };

  // An announced id.
  struct Id {
    ObjectName object;
    std::size_t client = 0;
    std::uint64_t connection = 0;  // the last one on which it was announced
    std::uint64_t gone_since_us = 0;
    bool expired = false;  // its connection still exists
  };

  // `watcher` was not shown `subject`, or was told that it has gone.
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
  const std::uint64_t put_off_us_;  // for how long at most the server may tell presence later
  const HoldsBack holds_back_;
  std::map<const Client*, Line> lines_;
  std::map<std::pair<std::size_t, std::uint64_t>, Heard> heard_;  // by client and connection
  std::map<crdt::ClientId, Id> ids_;
  std::vector<Suspicion> suspicions_;
  const Loop* server_ = nullptr;
  std::uint64_t server_since_us_ = 0;  // since when it has not paused
};

}  // namespace syncline::sim
