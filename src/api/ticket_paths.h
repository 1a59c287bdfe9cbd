// Where clients connect with a ticket.
#pragma once

#include <string>

#include "identity/ticket.h"

namespace syncline::api {

// Members of a JSON object: "hocuspocus_path", and "y_path" if the ticket names an object.
std::string ticket_paths_json(const identity::Ticket& ticket);

}  // namespace syncline::api
