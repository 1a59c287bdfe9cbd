// Receipt: the answer to a change, once the change is durable. A plain value.
#pragma once

#include <optional>

#include "log/event_log.h"
#include "syncline/bytes.h"

namespace syncline::workspace {

struct Receipt {
  log::Position position = 0;  // of the event; for a known change, of the state that contained it
  log::Durability durability = log::Durability::kMemory;
  bool known = false;  // not logged, because nothing is new or its number is already recorded
  // The type's answer to the author, if it is not the change as it was sent.
  std::optional<Bytes> answer = {};
};

}  // namespace syncline::workspace
