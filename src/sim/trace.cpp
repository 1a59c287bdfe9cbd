#include "sim/trace.h"

namespace syncline::sim {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kFault: return "fault";
    case Kind::kProcess: return "process";
    case Kind::kConnect: return "connect";
    case Kind::kMessage: return "message";
    case Kind::kEdit: return "edit";
    case Kind::kAck: return "ack";
    case Kind::kDisk: return "disk";
    case Kind::kCheck: break;
  }
  return "check";
}

}  // namespace syncline::sim
