// Archivist: an actor that exports workspaces as files, imports them under other names, and restores past states,
// over the HTTP API, while faults happen.
//
//   I8 audit         a complete file verifies, and its log is the beginning of the workspace's log
//   I14 time travel  a state restored into another workspace is the state at that moment
//
// It leaves out objects that vandals write to, as historians do. Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "sim/api_user.h"
#include "sim/book.h"
#include "sim/rights.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

class Archivist {
 public:
  // A file that was exported.
  struct Exported {
    std::string workspace;
    log::Position size = 0;
    Hash256 last_hash{};
  };

  Archivist(World& world, Server& server, Book& book, const std::set<ObjectName>& objects);

  void start();

  // An older copy of the disk was brought back.
  void rolled_back();

  // The check at the end of the run.
  void check(const store::Tables& tables);

  // Is it a workspace that an archivist imported?
  static bool is_copy(std::string_view workspace) { return workspace.starts_with("copied-"); }

  // For tests.
  void exported(Exported file) { exported_.push_back(std::move(file)); }

 private:
  // A past state that is being restored into another workspace.
  struct Restore {
    ObjectName object;
    std::string at;
    std::string target;  // workspace
    std::string content = {};
  };

  void act_later();
  void act();
  void export_workspace(const std::string& workspace);
  void take_file(const std::string& workspace, const ApiUser::Answer& answer);
  void import_file(Exported original, std::string file);
  void send_piece(std::shared_ptr<Exported> copy, std::string file, std::size_t offset);
  void look_whether_open(const std::string& copy);
  void await_import(std::shared_ptr<Exported> copy, int looks);
  void pick_moment(const ObjectName& object);
  void look(Restore restore);
  void bring_back(Restore restore);
  void look_there(Restore restore);
  void compare(const Restore& restore, const ApiUser::Answer& answer);

  World& world_;
  Server& server_;
  Book& book_;
  const std::vector<ObjectName> objects_;
  Dice dice_;
  const std::uint64_t every_us_;
  Dice importing_;  // of its own, so that imports change no other draw
  ApiUser visitor_;
  ApiUser operator_;
  std::vector<Exported> exported_;
  int left_ = 12;                  // turns left; each costs a replay
  std::uint64_t next_copy_ = 0;    // the same of copies
  std::uint64_t next_target_ = 0;  // makes the names of targets unique
  std::uint64_t past_ = 0;         // grows when positions start again
};

}  // namespace syncline::sim
