// What the events of a workspace's system objects (log/rules.h) make of its pins and its retention, found
// again from the log alone: for those who compare a store's tables with it.
//
// Thread-safety: none.
#pragma once

#include <map>

#include "log/rules_held.h"

namespace syncline::state {

class RulesReplay {
 public:
  // The workspace's next event. An error: the log could not have accepted it.
  Result<void> take(const log::Event& event);

  // There was an event of rules.
  bool any() const { return any_; }
  // False: there was one that this build does not know (kUnsupported), so the rest is not known either.
  bool complete() const { return complete_; }

  const log::HeldRules& held() const { return held_; }
  const log::RetentionTrail& trail() const { return trail_; }  // of rules, holds and releases
  // Objects that were renamed, by the positions of these events; without versions.
  const std::map<log::Position, log::RenameObject>& renamed() const { return renamed_; }

 private:
  bool any_ = false;
  bool complete_ = true;
  log::HeldRules held_;
  log::RetentionTrail trail_;
  std::map<log::Position, log::RenameObject> renamed_;
};

}  // namespace syncline::state
