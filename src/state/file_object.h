// The type "blob": a file. Its state is the newest version (log/file_version.h), which names the bytes by their hash;
// the bytes are beside the log (log/file_store.h). JSON, null before the first version:
//   {"hash":"9f86…","bytes":4,"media_type":"image/png","file_name":"logo.png"}
//
// Intents are versions of files; a later one replaces the earlier one. The type has no face: clients put and get files
// over HTTP. Facets: Restoring.
#pragma once

#include "merge/object.h"

namespace syncline::state {

// Stateless; lives as long as the program.
const merge::ObjectType& file_type();

}  // namespace syncline::state
