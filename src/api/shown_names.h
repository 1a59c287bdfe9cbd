// Which workspaces a list of them shows to a caller: those in which there may be something that he may read. Nobody learns
// from a list that others exist.
//
// Thread-safety: called on the loop of the request.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/route.h"
#include "log/done.h"

namespace syncline::api {

// At most so many workspaces are asked for a page.
inline constexpr std::size_t kMostAsked = 256;

// Whether the caller sees all names, without anybody being asked.
bool sees_all_names(const identity::Caller& caller);

// Of these public names in the tenant of the caller, at most kMostAsked, those that he is shown. Each is asked on the loop
// that owns it. `done` is called on the loop of the request.
void keep_shown(const Call& call, std::vector<std::string> names,
                log::Done<std::vector<std::string>> done);

}  // namespace syncline::api
