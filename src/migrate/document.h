// Document: what a store, or a server, has of one document, and the comparison of two.
#pragma once

#include <span>
#include <string>

#include "migrate/stored_update.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/id_set.h"
#include "syncline/error.h"

namespace syncline::migrate {

struct Document {
  Bytes state;  // everything, as an update of version 1; what waits included
  crdt::StateVector known;
  crdt::DeleteSet deleted;
  crdt::Any json;     // {root name: value}
  std::string waits;  // what waits for changes that are not there, for people; "": nothing

  bool empty() const { return known.clients().empty() && deleted.empty(); }
};

// Applies the updates in order. `keep_deleted`: with the content of what was deleted, as far as the updates have it;
// otherwise it is forgotten, as Yjs does. Fails if an update does not decode, or makes no sense after those before it.
Result<Document> document_of(std::span<const StoredUpdate> updates, bool keep_deleted = false);

// Everything that `part` has is in `whole`: its changes and its deletions.
bool contains(const Document& whole, const Document& part);

// Where two documents differ, for people: "" if their state vectors, their delete sets and their content are equal.
// The JSON of the second may be as another program prints it: `json`.
std::string difference(const Document& source, const Document& target, const crdt::Any& json);

}  // namespace syncline::migrate
