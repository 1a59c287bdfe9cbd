#include "sim/legal_holds.h"

#include <utility>

#include "sim/stored_words.h"

namespace syncline::sim {

void LegalHolds::change(Task done) {
  const bool release = held_ || doubtful_;
  doubtful_ = true;
  held_ = false;
  user_.ask(release ? "DELETE" : "PUT", workspace_target(workspace_) + "/hold?reason=case",
            [this, release, done = std::move(done)](const ApiUser::Answer& answer) mutable {
              done();
              if (!answer.ok() && answer.status != 409) return;
              doubtful_ = false;
              held_ = !release && answer.ok();
              dropped_.reset();
              if (held_ && server_.process() != nullptr)
                dropped_ = dropped_in(server_.process()->store->tables(), workspace_);
            });
}

std::string LegalHolds::broken(const store::Tables& tables) const {
  if (!held_ || doubtful_ || !dropped_ || dropped_in(tables, workspace_) <= *dropped_) return {};
  return "something was erased under a legal hold";
}

}  // namespace syncline::sim
