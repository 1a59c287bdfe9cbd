// Effect: what an update does to a document, in terms of paths. Policies use it (may this principal
// change this path?), history uses it (who touched what?), and people read it.
//
// An effect is complete: each operation that the update carries out is stated by a touch of that
// kind, either at its path, or at a path above it with an extent that covers what is below.
// - To create a container (a shared type, a subdocument, or a value that is an object or array) is
//   one touch. The touch covers everything below the container, so what the update creates inside
//   it is not listed again.
// - To replace the value of a key is one touch that covers everything below, if the old or the new
//   value is a container. The same holds for removing a container: what the removal deletes inside
//   it is not listed again.
// - Replacing the value of a key is only a kSetKey, which implies that the old value is removed.
// - An effect has at most kMaxTouches touches with kMaxTouchBytes bytes. If it has more, the
//   deepest touches are merged into touches of whole containers above them (Extent::kType).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "syncline/crdt/id_set.h"

namespace syncline::crdt {

// The way from the document to a type: the name of the root type, then keys (of maps and
// attributes) and indices (in sequences). An index counts the elements that are visible when the
// path is computed.
struct Path {
  std::string root;
  std::vector<std::variant<std::string, std::uint32_t>> steps;

  bool operator==(const Path&) const = default;
};

// "content", "board.columns[2].title". For messages and logs.
std::string to_string(const Path& path);

struct Touch {
  enum class Kind : std::uint8_t { kInsert, kDelete, kFormat, kSetKey, kDeleteKey };

  // How far the touch reaches.
  enum class Extent : std::uint8_t {
    kPlace,     // the key or the range, nothing below it
    kBelow,     // the key or the range, and everything below it
    kType,      // the whole type and everything below; key, index and length are empty
    kDocument,  // everything in the document; the path is empty, too
  };

  Kind kind;
  Path type;                // the type that is touched
  std::string key;          // kSetKey, kDeleteKey; kFormat: the attribute's name
  std::uint32_t index = 0;  // kInsert, kDelete, kFormat: the position among the visible elements
  std::uint32_t length = 0;
  Extent extent = Extent::kPlace;

  bool covers_below() const { return extent != Extent::kPlace; }
};

struct Effect {
  static constexpr std::size_t kMaxTouches = 65'536;
  static constexpr std::size_t kMaxTouchBytes = std::size_t{16} << 20;
  // A type deeper than this is represented by the type above it at this depth.
  static constexpr std::size_t kMaxPathSteps = 256;

  std::vector<Touch> touches;    // in the order of the update, without the parts that wait
  bool changes = false;          // false: the document already knows all of it
  StateVector waits_for;         // what the waiting part needs at least; or empty
  StateVector deletes_wait_for;  // the same, for deletions of elements that are not known yet

  bool waits() const { return !waits_for.clients().empty() || !deletes_wait_for.clients().empty(); }

  // The first element that the update and the document hold with different content. Two replicas
  // then edit under one client id and will not converge (contradiction.h).
  std::optional<Id> contradiction;
};

}  // namespace syncline::crdt
