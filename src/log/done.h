// The callback with which a store answers. It is called once, in a later turn of the loop that
// asked.
#pragma once

#include <functional>

#include "syncline/error.h"

namespace syncline::log {

template <typename T>
using Done = std::move_only_function<void(Result<T>)>;

}  // namespace syncline::log
