// How policies name places in an object: the ids of entities of the type `Path` (policy/access_schema.h).
//
// An id is a JSON Pointer (RFC 6901) from the object on: "" is all of it, "/budget/travel" the key `travel` of the map
// in the root `budget`. In a name, '~' is written as "~0" and '/' as "~1". A step into a sequence is '*', because
// positions change with each insertion: "/tasks/*/title" is the title of any element. A name that is "*" is "~2".
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "merge/effect.h"

namespace syncline::policy {

// The longest id that is judged exactly. A deeper place is judged as one above it, with all that is below.
inline constexpr std::size_t kMaxPathIdBytes = 1024;

// What a touch reaches: a place, and perhaps everything below it. The place of a touch of a sequence is its elements,
// "/content/*".
struct TouchedPlace {
  std::string path;
  bool below = false;

  bool operator==(const TouchedPlace&) const = default;
};

TouchedPlace place_of(const merge::Touch& touch);

// Where a path is, seen from a place.
enum class Side : unsigned char {
  kAround,  // the place itself, or something that contains it
  kBelow,   // within the place
  kApart,
};

Side side_of(std::string_view path, std::string_view place);

// The path that contains this one; "" contains itself.
std::string_view parent_path(std::string_view path);

}  // namespace syncline::policy
