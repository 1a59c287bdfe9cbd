// What is left of a word in what a server stores, and how many payloads are gone: for actors that delete.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/tables.h"

namespace syncline::sim {

// Whether a table that holds content has a value with this word.
bool holds_word(const store::Tables& tables, std::string_view word);

// The events of the workspace without their payload.
std::uint64_t dropped_in(const store::Tables& tables, std::string_view workspace);

}  // namespace syncline::sim
