// Which objects of a workspace an answer may tell of: those that the caller may read now. Who changed them is history,
// and needs that right as well.
//
// Cost: without rules in the workspace, that of the rights of the token. With rules, and for objects of the server, one
// decision of each for each object.
//
// Thread-safety: called on the loop of the workspace, and answers there.
#pragma once

#include <string>
#include <vector>

#include "identity/caller.h"
#include "log/done.h"
#include "workspace/host.h"

namespace syncline::api {

// At most so many objects are asked about for one answer.
inline constexpr std::size_t kMostReadable = 256;

struct Readable {
  bool state = false;    // it may be read
  bool history = false;  // and who changed it
};

// One answer for each object, in their order. The workspace must have admitted the caller. The host must outlive it.
void ask_readable(workspace::Host& host, const identity::Caller& caller,
                  const std::string& workspace, std::vector<std::string> objects,
                  log::Done<std::vector<Readable>> done);

}  // namespace syncline::api
