// Stored indexes of authors (state/author_index.h): one for each object that was asked for, beside its
// snapshots, so that after a restart a request for its authors need not read the whole history.
//
// An index is kept by the snapshot store under the name "./authors/" and the object's id, and is not a milestone:
// a newer one replaces it. Like every snapshot above the floor of retention, it is a cache. One that is missing,
// damaged, of another generation or of a later version is ignored; a new one is made from the events and replaces
// it. An object whose id is too long for that name has none.
//
// It is written when it has grown by an eighth, so all that is written for an object is a few times its last index
// (about 7 bytes for each event), and an eighth of the events is to be read at most.
//
// Thread-safety: one loop. docs/formats/authors.md has the bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "log/snapshot_store.h"
#include "state/author_index.h"

namespace syncline::state {

inline constexpr std::size_t kLeastNewAuthors = 1024;  // events

inline bool is_worth_storing(const AuthorIndex& index, std::size_t stored_events) {
  const std::size_t more = index.events() - std::min(index.events(), stored_events);
  return more >= kLeastNewAuthors && more >= stored_events / 8;
}

// Where the snapshot store has the index of an object.
std::string authors_name(const std::string& object);

// nullopt: there is none that can be used.
void load_authors(log::SnapshotStore& snapshots, const std::string& workspace,
                  const std::string& object, std::uint64_t generation,
                  std::move_only_function<void(std::optional<AuthorIndex>)> done);

// If the store refuses it, for example because it is read only, the next one may be stored.
void store_authors(log::SnapshotStore& snapshots, const std::string& workspace,
                   const std::string& object, const AuthorIndex& index);

}  // namespace syncline::state
