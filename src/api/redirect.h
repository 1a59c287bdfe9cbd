// Answers to whoever asks for an object under a name that it had before (workspace::Workspace::rename_object).
//
// 308, so that methods and bodies stay what they are; and not to be stored, because a redirect can be removed and the name
// can be used again. The address is relative, as lists have it: whatever stands in front of the server may add to paths.
#pragma once

#include <string>

#include "http/message.h"
#include "syncline/error.h"

namespace syncline::api {

// What is answered to a request about `object` that is refused with `error`.
http::Response refusal(const http::Request& request, const std::string& object, const Error& error);

}  // namespace syncline::api
