// ConflictLists: remembers in which lists of a document (sequences, and values of keys) inserting
// was expensive, and what makes it cheap there. A document has this object only after its first long
// walk.
//
//   - A list in which conflict scans walked over many more items than it has gets a ConflictIndex.
//     All scans before that cost at most `patience` steps for each item of the list, in total, and
//     the one that builds it; so the list as a whole costs O(log n) for each insertion.
//   - The oldest value of a key is at the end of a walk over all values. Its place is remembered.
//
// An index that is not used while its list doubles is dropped, and so are all of them when a
// document was loaded. The next long scans build it again.
//
// Ownership: belongs to the engine. Refers to its store.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "crdt/conflict_index.h"
#include "crdt/store.h"

namespace syncline::crdt {

// When a list gets an index. Only tests choose other values.
struct ScanLimits {
  // A scan, or a walk along a key's values, of up to this many steps counts for nothing.
  std::uint32_t few = 64;
  // An index is built when the long scans of a list took this many steps for each of its items.
  // Building it costs about as much.
  std::uint32_t patience = 8;
};

class ConflictLists {
 public:
  ConflictLists(const Store& store, ScanLimits limits) : store_(store), limits_(limits) {}

  // The index of a list, or nullptr.
  ConflictIndex* index(TypeIndex type, KeyIndex key) const {
    const auto found = lists_.find(slot(type, key));
    return found == lists_.end() ? nullptr : found->second.index.get();
  }
  // Notes a long scan in the list that begins with `first`.
  void note_scan(TypeIndex type, KeyIndex key, Handle first, std::uint64_t steps);
  // The most steps that noting a long scan may take, because it may build the index.
  std::uint64_t cost_of_note(TypeIndex type, KeyIndex key, std::uint64_t steps) const;
  // The same for the first long scan of a document.
  static std::uint64_t cost_of_index(ScanLimits limits, std::uint64_t steps);
  // Must be called for each item that was linked into a list.
  void note_linked(Handle item);
  // The oldest value of a key that has many; `value` is one of them.
  Handle oldest(TypeIndex type, KeyIndex key, Handle value);
  // Forgets the lists of a type.
  void drop(TypeIndex type);

  std::size_t memory_bytes() const;

 private:
  struct List {
    std::uint64_t steps = 0;      // of long scans so far
    std::uint64_t next_look = 0;  // build the index, if the list is short enough, at this many
    std::unique_ptr<ConflictIndex> index;
  };

  static std::uint64_t slot(TypeIndex type, KeyIndex key) {
    return static_cast<std::uint64_t>(type) << 32 | key;
  }

  const Store& store_;
  const ScanLimits limits_;
  std::map<std::uint64_t, List> lists_;
  std::map<std::uint64_t, Handle> oldest_;
};

}  // namespace syncline::crdt
