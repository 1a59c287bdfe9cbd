// Newsroom: a workspace in which scripts write over HTTP, followers read what happens, and webhooks are told of it.
//
//   I3 exactly once  sim/reporter.h
//   I28 told         sim/follower.h, sim/hook_receivers.h
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "sim/api_user.h"
#include "sim/follower.h"
#include "sim/hook_receivers.h"
#include "sim/one_request.h"
#include "sim/reporter.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

struct NewsroomSettings {
  bool on = false;
  std::uint64_t write_every_us = 0;    // of each reporter, on average
  std::uint64_t way_us = 0;            // to followers and receivers
  std::uint64_t stay_us = 0;           // how long a follower stays on a connection
  std::uint64_t trouble_every_us = 0;  // of the receivers, on average
};

class Newsroom {
 public:
  static constexpr std::string_view kWorkspace = "news";

  // Gives the server somebody to send webhooks through.
  Newsroom(World& world, Server& server, NewsroomSettings settings);

  void start();
  // Nothing new is written, and the receivers take everything.
  void stop();
  void recovered();

  // "" if everything was written, and everybody was told of it. If not, it has the server try again what is late.
  std::string why_not();
  void check(const store::Tables& tables);

 private:
  struct Hook {
    std::string url;
    std::string prefix;
    std::string id = {};     // "": it is not made yet
    std::string state = {};  // as it was shown last
    log::Position from = 0;  // it is told of what follows
  };

  void follow(FollowerSettings wish);
  void act_later();
  void act();
  void make(Hook& hook);
  void find(Hook& hook);
  void know(Hook& hook, const crdt::Any& shown);
  void hurry(Hook& hook);
  void make_trouble();
  std::vector<log::Event> events(const store::Tables& tables) const;
  const std::vector<log::Event>& read_on(const store::Tables& tables);
  std::string who_waits(const std::vector<log::Event>& events) const;

  World& world_;
  Server& server_;
  const NewsroomSettings settings_;
  ApiUser user_;
  Dice dice_;
  HookReceivers receivers_;
  std::vector<std::unique_ptr<Reporter>> reporters_;
  std::vector<std::unique_ptr<Follower>> followers_;
  std::vector<Hook> hooks_;
  std::vector<log::Event> read_;  // the log, as far as it was read when it was asked who waits
  OneRequest request_;
  bool stopped_ = false;
};

}  // namespace syncline::sim
