// Follower: somebody who reads the events of a workspace as server-sent events, slowly or quickly, over connections that
// break and that it leaves. It goes on from the last id, as a browser does.
//
//   I28 told  a follower is told of every event once, in the order of the log, and of nothing that was not durable
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "sim/api_user.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

struct FollowerSettings {
  std::string name;
  std::string workspace;
  std::string prefix;         // of the objects that it wants to hear of
  bool content = false;       // it wants the changes, too
  std::uint64_t way_us = 0;   // how long a piece is on its way
  std::uint64_t stay_us = 0;  // how long it stays on a connection, on average
};

class Follower {
 public:
  // `token`: who it is.
  Follower(World& world, Server& server, std::string token, FollowerSettings settings);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void start() { connect(); }
  // It stays on the connection that it has.
  void stop() { stopped_ = true; }
  // The server has recovered: what it was sent before may have been lost on the way.
  void recovered();

  // "" if it was told of all of these, which are those of the log.
  std::string why_not(const std::vector<log::Event>& events) const;
  void check(const std::vector<log::Event>& events);

 private:
  class Way;

  void connect();
  void connect_later();
  void leave_later();
  void take(std::string_view piece);
  void take_event(std::string_view lines);
  bool wants(const log::Event& event) const;
  void broken(std::string_view what);

  World& world_;
  Server& server_;
  const FollowerSettings settings_;
  ApiUser user_;
  Dice dice_;
  std::shared_ptr<Way> way_;                   // of the present connection
  std::string rest_;                           // of the stream: a part of an event
  std::uint64_t last_ = 0;                     // id
  std::map<log::Position, std::string> told_;  // hashes, as they were told
  bool stopped_ = false;
};

}  // namespace syncline::sim
