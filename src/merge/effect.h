// What a change does to an object, in terms of paths, whatever the object's type: for deciders (may this
// principal do that there?), for history (who touched what?) and for people.
//
// Complete for those who decide: every operation on every path that the change carries out is told by
// a touch of that operation, at that path or at a path above it that covers what is below.
//  - Creating, replacing or removing a container is one touch of the place that holds the container, and
//    covers everything below: overwriting `budget` is kSetKey on `budget.*`. What the change does within
//    what it creates or removes is not told again.
//  - A type may tell many touches together, as one of the container around them (Extent::kContainer), or
//    of the object (Extent::kObject), for each operation. It never leaves one out.
// What is kept of an effect with its event may be cut; effect_codec.h says where.
//
// A value. Deterministic: the same change in the same state has the same effect, in this order.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace syncline::merge {

// The numbers are stored.
enum class Operation : std::uint8_t {
  kInsert = 0,     // elements into a sequence
  kDelete = 1,     // elements of a sequence
  kFormat = 2,     // an attribute of elements of a sequence
  kSetKey = 3,     // a key of a map, an attribute of an element, a field of a record
  kDeleteKey = 4,  // the same
};

// From the object to a container: the root's name, then keys (in maps) and indices (in sequences,
// counted before the change).
struct Path {
  std::string root;
  std::vector<std::variant<std::string, std::uint32_t>> steps;

  bool operator==(const Path&) const = default;
};

// "content", "board.columns[2].title"; for messages and logs, not to be parsed: names may hold anything.
std::string to_string(const Path& path);

// How far a touch reaches. The numbers are stored.
enum class Extent : std::uint8_t {
  kPlace = 0,      // the key or the range, nothing below it
  kBelow = 1,      // the key or the range, and every path below it
  kContainer = 2,  // any key and index of the container, and every path below it
  kObject = 3,     // everything in the object
};

struct Touch {
  Operation operation = Operation::kInsert;
  Extent extent = Extent::kPlace;
  Path container;            // what is touched; empty for kObject
  std::string key;           // kSetKey, kDeleteKey; kFormat: the attribute's name
  std::uint64_t index = 0;   // kInsert, kDelete, kFormat: where in the container before the change,
  std::uint64_t length = 0;  // and how many elements; UTF-16 units of text
  // Key, index and length say nothing for kContainer and kObject.

  bool covers_below() const { return extent != Extent::kPlace; }
  bool operator==(const Touch&) const = default;
};

struct Effect {
  std::vector<Touch> touches;

  bool operator==(const Effect&) const = default;
};

}  // namespace syncline::merge
