// Clearer: an actor that deletes a whole workspace of its own, undeletes, erases and begins it anew, while faults happen.
// Replicas of what was deleted keep their state and come back with it.
//
//   I27 deletion  nothing of a deleted workspace is served, and nobody writes there. Its deletion can be undone until its
//                 time is over. A workspace that begins anew holds nothing of before, and no replica of before brings
//                 it back. When an erasure is said to be complete, no table holds a byte of what the workspace held.
//                 Nothing is erased under a legal hold. Whoever follows a workspace that is deleted is told
//
// It asks one thing at a time. If the process ends before the answer, it finds out what came of it. Each generation of the
// workspace has a word of its own in its objects, by which it is recognised.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/api_user.h"
#include "sim/legal_holds.h"
#include "sim/one_request.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"
#include "syncline/crdt/doc.h"

namespace syncline::sim {

struct ClearerSettings {
  bool on = false;
  std::uint64_t every_us = 0;  // on average
  std::uint64_t grace_ms = 0;
};

class Clearer {
 public:
  static constexpr std::string_view kWorkspace = "attic";

  Clearer(World& world, Server& server, ClearerSettings settings);
  ~Clearer();

  void start() { act_later(); }
  void stop() { stopped_ = true; }

  // The server has recovered: what was asked before is not answered any more.
  void recovered();

  // Of what is stored, at any time.
  void check(const store::Tables& tables);

 private:
  struct Room {
    std::unique_ptr<crdt::Doc> replica;  // nullptr: nothing was written
    bool known = false;                  // the server has acknowledged some of it
  };
  // One generation of the workspace.
  struct Life {
    std::string word;
    std::vector<Room> rooms;
    bool erased = false;
  };
  class Feed;
  using Then = std::move_only_function<void(const ApiUser::Answer&)>;

  void act_later();
  void act();
  void act_on(std::size_t room);
  void write(std::size_t room);
  void come_back(std::size_t room);
  void remove();
  void undo();
  void begin();
  void read(std::size_t room);
  void look();
  void found(const ApiUser::Answer& answer);
  void rule();
  void follow();
  void expect_told();
  void hold();
  void ask(std::string_view method, std::string target, Then then, std::string body = {});
  void begin_life();
  Life& present() { return lives_.back(); }
  void broken(std::string_view what);

  World& world_;
  Server& server_;
  const ClearerSettings settings_;
  ApiUser user_;
  std::shared_ptr<Feed> feed_;  // of the changes of the workspace, while one is open
  LegalHolds holds_;
  Dice dice_;
  std::vector<Life> lives_;  // the last one is the present generation, or the one that has ended
  bool stopped_ = false;
  bool doubtful_ = false;  // something that was asked was not answered
  OneRequest request_;
  bool ruled_ = false;          // the grace period is set
  bool ended_ = false;          // the workspace is deleted
  bool erasing_ = false;        // for good
  std::uint64_t until_us_ = 0;  // it can be undeleted
  std::uint64_t clients_ = 0;
};

}  // namespace syncline::sim
