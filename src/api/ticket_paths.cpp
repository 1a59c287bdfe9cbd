#include "api/ticket_paths.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "protocol/json_text.h"

namespace syncline::api {

std::string ticket_paths_json(const identity::Ticket& ticket) {
  const std::string workspace = percent_encode(ticket.workspace);
  std::string json =
      fmt::format(R"("hocuspocus_path":{})", protocol::json_string("/hocuspocus/" + workspace));
  if (!ticket.object.empty())
    json += fmt::format(
        R"(,"y_path":{})",
        protocol::json_string("/y/" + workspace + "/" + percent_encode(ticket.object, true)));
  return json;
}

}  // namespace syncline::api
