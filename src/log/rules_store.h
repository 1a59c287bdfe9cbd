// How a store's pins and retention came to be: from events (log/rules.h), or from a version before 0.2,
// which kept them without events. Whoever opens a workspace takes the latter over: it appends events that
// say the same (log::take_over).
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <string>

#include "log/done.h"
#include "log/pin_store.h"
#include "log/rules_held.h"

namespace syncline::log {

struct RulesStanding {
  bool told = false;        // the workspace has events of rules; its tables follow from them
  bool deletions = false;   // some of them are of "./deletions"
  UntoldRules untold = {};  // what is to be taken over; empty once `told`
};

class RulesStore {
 public:
  virtual ~RulesStore() = default;

  // Only a log that begins with an event of version 1 (Syncline 0.1) can hold something untold. In any
  // other log, pins or rules without events were put there by hand; they are not taken over.
  // A workspace that is not there: the default.
  virtual void load_standing(std::string workspace, Done<RulesStanding> done) = 0;

  // Keeps a pin of an imported bundle of before, to be taken over. It is ignored, successfully, if there
  // is a pin of that name, or if the workspace could not hold it (see load_standing).
  //   kInvalid  a bad name, or a position past the end of the log
  virtual void keep_untold_pin(std::string workspace, Pin pin, Done<void> done) = 0;
};

}  // namespace syncline::log
