// Prints events as rows for people, from the JSON of the API.
#pragma once

#include <string>
#include <vector>

#include "cli/data/api.h"

namespace syncline::cli {

// The title line, and the row of an event. The columns have fixed widths, so that later rows line
// up.
std::string event_titles();
std::string event_row(const EventLine& event);

}  // namespace syncline::cli
