// What an update does to a document, in terms of paths: for policy (may this principal do that
// there?), for history (who touched what?) and for people.
#pragma once

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

  Kind kind;
  Path type;                // the type that is touched
  std::string key;          // kSetKey, kDeleteKey; kFormat: the attribute's name
  std::uint32_t index = 0;  // kInsert, kDelete, kFormat: visible position at the time of asking
  std::uint32_t length = 0;
};

struct Effect {
  std::vector<Touch> touches;  // in the order of the update; what waits is not among them
  bool changes = false;        // false: the document knows all of it already
  StateVector waits_for;       // must be known at least before the rest can be applied; or empty
  bool deletes_wait = false;   // deletes elements that are not known yet

  // The first element that the update and the document hold with different content: two replicas
  // edit under one client id, and will not converge (contradiction.h).
  std::optional<Id> contradiction;
};

}  // namespace syncline::crdt
