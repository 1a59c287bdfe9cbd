// Effect: what a change does to an object, in terms of paths, for every type of object. Deciders
// use it (may this principal change this path?), history uses it (who touched what?), and people
// read it.
//
// An effect is complete for deciders: each operation that the change carries out is stated by a
// touch of that operation, either at its path, or at a path above it with an extent that covers
// what is below.
// - To create, replace or remove a container is one touch of the place that holds the container. It
//   covers everything below: overwriting `budget` is kSetKey on `budget.*`. What the change does
//   inside the container that it creates or removes is not listed again.
// - A type may merge many touches into one touch of the container around them (Extent::kContainer)
//   or of the object (Extent::kObject), for each operation. It never omits one. The copy of an
//   effect that is stored with its event may be cut; see effect_codec.h.
//
// A plain value. Deterministic: the same change in the same state has the same effect, in the same
// order.
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

// The way from the object to a container: the name of the root, then keys (in maps) and indices (in
// sequences, counted before the change).
struct Path {
  std::string root;
  std::vector<std::variant<std::string, std::uint32_t>> steps;

  bool operator==(const Path&) const = default;
};

// "content", "board.columns[2].title". For messages and logs. Do not parse it: names may contain
// any characters.
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
  Path container;            // the touched container; empty for kObject
  std::string key;           // kSetKey, kDeleteKey; kFormat: the attribute's name
  std::uint64_t index = 0;   // kInsert, kDelete, kFormat: position before the change
  std::uint64_t length = 0;  // the number of elements, or UTF-16 units of text
  // For kContainer and kObject, key, index and length are not used.

  bool covers_below() const { return extent != Extent::kPlace; }
  bool operator==(const Touch&) const = default;
};

struct Effect {
  std::vector<Touch> touches;

  bool operator==(const Effect&) const = default;
};

}  // namespace syncline::merge
