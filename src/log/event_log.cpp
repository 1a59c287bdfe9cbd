#include "log/event_log.h"

namespace syncline::log {

std::string_view to_string(Durability durability) {
  switch (durability) {
    case Durability::kMemory: return "memory";
    case Durability::kDisk: return "disk";
    case Durability::kQuorum: return "quorum";
  }
  return "unknown";
}

}  // namespace syncline::log
