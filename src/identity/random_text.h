// Random text for ids and secrets: the letters a-z and the digits 2-7, each of 5 random bits. It needs no escape in
// URLs, headers and file names, and a double click selects all of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/scheduler.h"

namespace syncline::identity {

std::string random_text(Random& random, std::size_t chars);

// True if the text has these characters only.
bool is_random_text(std::string_view text);

}  // namespace syncline::identity
