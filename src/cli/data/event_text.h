// Events as rows for people, from the JSON that a Source gives.
#pragma once

#include <string>
#include <vector>

#include "cli/data/api.h"

namespace syncline::cli {

// The title line, if asked for, and a row for each event, in columns of fixed width, so that what
// comes later lines up.
std::string event_titles();
std::string event_row(const EventLine& event);

}  // namespace syncline::cli
