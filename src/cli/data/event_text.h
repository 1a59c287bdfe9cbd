// Prints events as rows for people, from the JSON of the API.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/data/api.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {

// The title line, and the row of an event. The columns have fixed widths, so that later rows line
// up.
std::string event_titles();
std::string event_row(const EventLine& event);

// Who made an event, a pin or an entry of a record, in at most `most` characters: Ada, if a token says so;
// "Ada" (unverified), if a client says so; otherwise the principal. `name_member`: where the JSON has the name.
std::string author_text(const crdt::Any& entry, std::size_t most,
                        std::string_view name_member = "name");

}  // namespace syncline::cli
