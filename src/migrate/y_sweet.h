// The file `data.ysweet` in which y-sweet keeps a document: in its file system store and, as an object, in S3.
//
// It is a map from byte strings to byte strings in the encoding of bincode 1: the number of entries, then for each the
// key and the value, each after its length; numbers have 8 bytes, little-endian. The keys are those of yrs-kvstore:
//
//   0 0 name 0                  value: the id under which the document "name" is stored, 4 bytes
//   0 1 id 0                    value: its state, as an update of version 1
//   0 1 id 1                    value: its state vector
//   0 1 id 2 number(4) 0        value: an update of version 1 that is not in the state yet
//   0 1 id 3 name 0             value: anything of the application
//
// Ids and numbers are big-endian. y-sweet stores one document in a file.
//
// Written after the published sources of y-sweet and yrs-kvstore. Pure.
#pragma once

#include "migrate/stored_update.h"
#include "syncline/error.h"

namespace syncline::migrate {

// The state, then the updates in the order in which they were made; none if the file has no content. kMalformed for
// anything else, also for several documents in one file.
Result<StoredUpdates> read_y_sweet(ByteView file);

}  // namespace syncline::migrate
