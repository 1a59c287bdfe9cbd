// Messages of a stream of JSON: what is sent is one message, or an array of messages.
//
// What is stored is the text of the messages with commas between them, as they were sent. So to store costs one walk
// over the text, and what several appends have stored is joined with a comma, between two brackets.
//
// Thread-safety: pure functions. They allocate nothing.
#pragma once

#include <cstddef>
#include <string_view>

#include "syncline/error.h"

namespace syncline::streams {

// The messages in a body, a part of it; empty for "[]". An array is taken apart, one level of it.
// kMalformed: it is not JSON, or deeper than crdt::kMaxAnyDepth.
Result<std::string_view> json_messages(std::string_view body);

// How many messages a text has that json_messages() returned.
std::size_t count_messages(std::string_view messages);

// The first `count` of these messages, at most all.
std::string_view first_messages(std::string_view messages, std::size_t count);

}  // namespace syncline::streams
