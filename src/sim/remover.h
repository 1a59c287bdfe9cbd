// Remover: an actor that deletes objects in a workspace of its own, undeletes, erases and begins them again, while faults
// happen. Replicas of what was deleted keep their state and come back with it.
//
//   I27 deletion  nothing that was deleted is served again, and no replica of it brings it back.
//                 A deletion can be undone until its time is over. An acked edit of the next generation stays.
//                 When an erasure is said to be complete, no table holds a byte of the content.
//                 Nothing is erased under a legal hold
//
// It asks one thing at a time. If the process ends before the answer, it finds out what came of it, and accepts both.
// Each generation has a word of its own in its content, by which it is recognised.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <map>
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

struct RemoverSettings {
  bool on = false;
  std::uint64_t every_us = 0;  // on average
  std::uint64_t grace_ms = 0;
};

class Remover {
 public:
  static constexpr std::string_view kWorkspace = "trash";

  Remover(World& world, Server& server, RemoverSettings settings);

  void start();
  void stop() { stopped_ = true; }

  // The server has recovered: what was asked before is not answered any more.
  void recovered();

  // Of what is stored, at any time.
  void check(const store::Tables& tables);

 private:
  // One generation of an object.
  struct Life {
    std::string word;
    std::unique_ptr<crdt::Doc> replica;
    bool known = false;            // the server has had some of it
    std::uint64_t generation = 0;  // 0: nobody has said it yet
    bool ended = false;
    bool erased = false;
  };
  struct Thing {
    std::string name;
    std::vector<Life> lives;     // the last one may be there
    bool doubtful = false;       // something that was asked of it was not answered
    bool erasing = false;        // it was deleted for good
    std::uint64_t until_us = 0;  // it can be undeleted
    bool is_there() const { return !lives.empty() && !lives.back().ended; }
  };
  using Then = std::move_only_function<void(Thing&, const ApiUser::Answer&)>;

  void act_later();
  void act();
  void act_on(Thing& thing);
  void write(Thing& thing);
  void begin(Thing& thing);
  void come_back(Thing& thing);
  void remove(Thing& thing);
  void undo(Thing& thing);
  void read(Thing& thing);
  void find_out(Thing& thing);
  void found(Thing& thing, const ApiUser::Answer& answer);
  void hold();
  void look_at_erased();
  void ask(Thing& thing, std::string_view method, std::string target, Then then,
           std::string body = {});
  void check_content(Thing& thing, const std::string& content);
  void broken(const std::string& object, std::string_view what);
  std::string target(std::string_view kind, const Thing& thing) const;

  World& world_;
  Server& server_;
  const RemoverSettings settings_;
  ApiUser user_;
  LegalHolds holds_;
  Dice dice_;
  std::vector<Thing> things_;
  bool stopped_ = false;
  OneRequest request_;
  bool ruled_ = false;  // the grace period is set
  std::uint64_t words_ = 0;
  std::uint64_t clients_ = 0;
};

}  // namespace syncline::sim
