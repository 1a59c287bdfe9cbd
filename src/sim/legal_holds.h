// LegalHolds: puts a workspace of an actor under legal hold and releases it again, and sees that nothing is erased there
// meanwhile.
//
// Thread-safety: none. All that it is given must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/api_user.h"
#include "sim/server.h"
#include "store/tables.h"

namespace syncline::sim {

class LegalHolds {
 public:
  LegalHolds(Server& server, ApiUser& user, std::string workspace)
      : server_(server), user_(user), workspace_(std::move(workspace)) {}

  // Puts it under hold, or releases it. `done` is called when that is answered, unless the process ends before.
  void change(Task done);
  // What was asked for and has no answer may have happened.
  void doubt() { doubtful_ = true; }

  // "" unless something was erased although a hold was confirmed, and nobody has asked to release it.
  std::string broken(const store::Tables& tables) const;

 private:
  Server& server_;
  ApiUser& user_;
  const std::string workspace_;
  bool held_ = false;
  bool doubtful_ = false;
  std::optional<std::uint64_t> dropped_;  // events without a payload when the hold was confirmed
};

}  // namespace syncline::sim
