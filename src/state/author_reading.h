// Brings the kept index of authors of an object (state/author_index.h) up to a position: from the one that the
// worker keeps, or the stored one (state/author_store.h), by reading the events behind it. It is stored when it has
// grown. Those who want the same index at once share the work.
//
// Costs: reading the events that the index lacks. Thread-safety: one loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "merge/object.h"
#include "state/author_index.h"
#include "state/object_replay.h"

namespace syncline::state {

// What is read, for whom. `to` is the position of an event of the object, or 0.
struct AuthorsWanted {
  std::string workspace;
  std::string object;
  const merge::ObjectType& type;
  std::uint64_t generation = 0;
  log::Position to = 0;
};

// The index knows all events of the generation up to `to`, and perhaps more. Without `sources.authors`, it is
// neither kept nor stored. Errors: those of reading events.
void read_authors(const ReplaySources& sources, AuthorsWanted wanted,
                  log::Done<std::shared_ptr<const AuthorIndexes::Kept>> done);

}  // namespace syncline::state
