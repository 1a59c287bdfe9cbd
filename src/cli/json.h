// JSON as the commands print it, and as they take apart what they are answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::cli {

// On one line; undefined as null.
std::string compact_json(const crdt::Any& value);

// Indented by two blanks, for people.
std::string pretty_json(const crdt::Any& value);

// Whole numbers are exact up to 2^53, as in JSON's readers.
crdt::Any json_number(std::uint64_t value);

// ---- Of whatever was answered: what has no such member, or is no object, has an undefined one.
const crdt::Any& member(const crdt::Any& object, std::string_view key);
// "" where it is no text.
std::string text_member(const crdt::Any& object, std::string_view key);
// 0 where it is no whole number from 0 to 2^53.
std::uint64_t number_member(const crdt::Any& object, std::string_view key);
// nullptr where it is no array.
const crdt::Any::Array* array_member(const crdt::Any& object, std::string_view key);

// A text as it is, anything else as JSON, "" for undefined.
std::string text_of(const crdt::Any& value);

}  // namespace syncline::cli
