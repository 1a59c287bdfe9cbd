// The forms in which a request can describe a change of an object, by its media type.
//
// Reading a form is a pure function of the request. It may take as long as the body is, so it runs where the change is
// made: on a worker, if the body is large.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "merge/edit.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::api {

// An edit by content, or a change of a replica of its own (a Yjs update, version 1).
using Wanted = std::variant<merge::Edit, Bytes>;

struct WriteForm {
  std::string_view method;
  std::string_view media_type;
  // kMalformed, kInvalid or kTooLarge, with the place.
  Result<Wanted> (*read)(const http::Request& request);
  // Making the change takes about as long as walking over so many times the body.
  std::size_t weight;
};

// The form of the request; nullptr: there is none of that media type.
const WriteForm* write_form_of(const http::Request& request);

// "text/plain, application/json": what the method takes.
std::string media_types_of(std::string_view method);

}  // namespace syncline::api
