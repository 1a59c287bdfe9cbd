// What an update does to a document, in terms of paths: for policy (may this principal do that
// there?), for history (who touched what?) and for people.
//
// Complete: every operation on every path that the update carries out is told by a touch of that
// operation, at that path or on a path above it with an extent that covers what is below.
//  - Creating a container (a shared type, a subdocument, a value that is an object or array) is one
//    touch that covers everything below it. What is made within the new container is not told again.
//  - So is replacing what is under a key, if what was there or what comes is a container, and removing
//    a container: what the removal deletes within it is not told again.
//  - What replaces the value of a key is kSetKey alone; that the old value goes is part of it.
//  - An effect holds at most kMaxTouches touches and kMaxTouchBytes. Beyond that the deepest touches
//    are told together, as touches of whole containers further up (Extent::kType).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "syncline/crdt/id_set.h"

namespace syncline::crdt {

// From the document to a type: the root's name, then keys (in maps and attributes) and indices (in
// sequences, counted over visible elements at the time of asking).
struct Path {
  std::string root;
  std::vector<std::variant<std::string, std::uint32_t>> steps;

  bool operator==(const Path&) const = default;
};

// "content", "board.columns[2].title"; for messages and logs.
std::string to_string(const Path& path);

struct Touch {
  enum class Kind : std::uint8_t { kInsert, kDelete, kFormat, kSetKey, kDeleteKey };

  // How far it reaches.
  enum class Extent : std::uint8_t {
    kPlace,  // the key or the range, nothing below it
    kBelow,  // the key or the range, and everything below it
    kType,   // any key and index of the type, and everything below it; key, index, length are empty
    kDocument,  // everything in the document; the path is empty, too
  };

  Kind kind;
  Path type;                // the type that is touched
  std::string key;          // kSetKey, kDeleteKey; kFormat: the attribute's name
  std::uint32_t index = 0;  // kInsert, kDelete, kFormat: visible position at the time of asking
  std::uint32_t length = 0;
  Extent extent = Extent::kPlace;

  bool covers_below() const { return extent != Extent::kPlace; }
};

struct Effect {
  static constexpr std::size_t kMaxTouches = 65'536;
  static constexpr std::size_t kMaxTouchBytes = std::size_t{16} << 20;
  // A type that lies deeper is told as the one above it at this depth.
  static constexpr std::size_t kMaxPathSteps = 256;

  std::vector<Touch> touches;    // in the order of the update; what waits is not among them
  bool changes = false;          // false: the document knows all of it already
  StateVector waits_for;         // must be known at least before the rest can be applied; or empty
  StateVector deletes_wait_for;  // the same for elements that it deletes and that are not known yet

  bool waits() const { return !waits_for.clients().empty() || !deletes_wait_for.clients().empty(); }

  // The first element that the update and the document hold with different content: two replicas
  // edit under one client id, and will not converge (contradiction.h).
  std::optional<Id> contradiction;
};

}  // namespace syncline::crdt
