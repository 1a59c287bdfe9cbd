// The keys of y-leveldb, the store of y-websocket's server (npm y-leveldb 0.1 and 0.2).
//
//   key      = parts; a part is 0 and a string after its length, or 1 and a number of 4 bytes, big-endian
//   updates  = "v1", document, "update", number       value: a Yjs update, version 1
//   meta     = "v1", document, "meta", name           value: anything of the application
//   state    = "v1_sv", document                      value: the number and the state vector of the last compaction
//
// In the order of the database, the updates of a document follow each other in the order in which they were made.
//
// Pure. What is read refers to the key.
#pragma once

#include <cstdint>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::migrate {

struct YLeveldbKey {
  enum class Kind : std::uint8_t { kUpdate, kMeta, kState };

  Kind kind = Kind::kUpdate;
  std::string_view document;
  std::uint32_t number = 0;  // kUpdate
};

// kMalformed: another program has written this key.
Result<YLeveldbKey> read_y_leveldb_key(ByteView key);

// The key of an update; those of a document begin with that of number 0.
Bytes y_leveldb_update_key(std::string_view document, std::uint32_t number);

}  // namespace syncline::migrate
