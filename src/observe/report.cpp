#include "observe/report.h"

namespace syncline::observe {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kError: return "error";
    case Level::kWarn: return "warn";
    case Level::kInfo: return "info";
    case Level::kDebug: return "debug";
  }
  return "";
}

std::string_view to_string(Area area) {
  switch (area) {
    case Area::kServer: return "server";
    case Area::kNet: return "net";
    case Area::kSession: return "session";
    case Area::kWorkspace: return "workspace";
    case Area::kStore: return "store";
    case Area::kApi: return "api";
  }
  return "";
}

}  // namespace syncline::observe
