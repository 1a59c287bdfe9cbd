// What a running server takes over from its options when an administrator wants it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "syncline/error.h"

namespace syncline::api {

struct ReloadReport {
  std::vector<std::string> restart;  // options that differ, and that only a restart takes over
};

// Takes the outcome of a reload. An error means that nothing has changed.
using Reloaded = std::function<void(Result<ReloadReport>)>;

}  // namespace syncline::api
