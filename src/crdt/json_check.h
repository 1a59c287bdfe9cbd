// Checks JSON without making values of it.
//
// Presence is JSON that this server stores and passes on as it is, and each connection sends some every
// 15 seconds. So the check allocates nothing.
#pragma once

#include <string_view>

namespace syncline::crdt {

// True if from_json() (syncline/crdt/any.h) accepts the text.
bool is_json(std::string_view text);

}  // namespace syncline::crdt
