// A fast path for the most frequent updates, in version 1: a few characters of one client, or one
// range of deleted ids. It reads and writes them without the general machinery (update_decoder.cpp,
// update_writer.h), with the same results and the same bytes.
#pragma once

#include "crdt/block.h"
#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"

namespace syncline::crdt {

struct SmallUpdate {
  Block block;         // kString with an origin, a right origin or both; `client` is always set
  ClockRange deleted;  // if this is not empty, there is no block
};

// False if the update is of another form, or invalid. decode_update tells which.
bool read_small_update(ByteView update, SmallUpdate& out);

// Writes the update of one such block, or of one range. Returns false and writes nothing if the
// text is too long.
bool write_small_update(const Block& block, Bytes& out);
void write_small_deletion(ClientId client, ClockRange deleted, Bytes& out);

}  // namespace syncline::crdt
