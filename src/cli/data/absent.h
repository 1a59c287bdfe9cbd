// Errors for what is not there. They say whether the workspace or the object is missing, and name
// something similar that exists.
#pragma once

#include <string>

#include "cli/data/api.h"
#include "syncline/error.h"

namespace syncline::cli {

// The error for a workspace without events, which was never written to: kNotFound.
Error no_such_workspace(Api& api, const std::string& workspace);

// True if the log of the workspace can be read, and has no events.
bool has_no_events(Api& api, const std::string& workspace);

// Explains the error of a request about something in a workspace. A kNotFound or kInvalid
// becomes no_such_workspace() if the workspace has no events; otherwise, if `object` is not empty, it gets a
// hint at a similar name of an object that exists. All other errors stay as they are.
Error explain_absent(Api& api, Error error, const std::string& workspace,
                     const std::string& object = {});

}  // namespace syncline::cli
