// JSON as the commands print it.
#pragma once

#include <cstdint>
#include <string>

#include "syncline/crdt/any.h"

namespace syncline::cli {

// On one line; undefined as null.
std::string compact_json(const crdt::Any& value);

// Indented by two blanks, for people.
std::string pretty_json(const crdt::Any& value);

// Whole numbers are exact up to 2^53, as in JSON's readers.
crdt::Any json_number(std::uint64_t value);

}  // namespace syncline::cli
