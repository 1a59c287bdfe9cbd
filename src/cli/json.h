// JSON as the commands print it, and access to the JSON of answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::cli {

// On one line. Undefined becomes null.
std::string compact_json(const crdt::Any& value);

// Indented by two blanks.
std::string pretty_json(const crdt::Any& value);

// Whole numbers are exact up to 2^53, as for other readers of JSON.
crdt::Any json_number(std::uint64_t value);

// ---- access to an answer
//
// If the value has no such member, or is not an object, the member is undefined.
const crdt::Any& member(const crdt::Any& object, std::string_view key);
// "" if the member is not a text.
std::string text_member(const crdt::Any& object, std::string_view key);
// 0 if the member is not a whole number from 0 to 2^53.
std::uint64_t number_member(const crdt::Any& object, std::string_view key);
// nullptr if the member is not an array.
const crdt::Any::Array* array_member(const crdt::Any& object, std::string_view key);

// A text unchanged, another value as JSON, undefined as "".
std::string text_of(const crdt::Any& value);

}  // namespace syncline::cli
