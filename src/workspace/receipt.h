// The answer to a change, once it holds. A value.
#pragma once

#include <optional>

#include "log/event_log.h"
#include "syncline/bytes.h"

namespace syncline::workspace {

struct Receipt {
  log::Position position = 0;  // of the event; of the state that held it already, if it was known
  log::Durability durability = log::Durability::kMemory;
  bool known = false;  // nothing was new, so nothing was logged; or its number was recorded before
  // What the type answers to the author, if that is not the change as it was sent.
  std::optional<Bytes> answer = {};
};

}  // namespace syncline::workspace
