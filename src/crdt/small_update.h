// The updates that come all the time, in version 1: a few characters of one client, or one range of
// deleted ids. They are read and written here without the machinery for all others
// (update_decoder.cpp, update_writer.h), with the same results and the same bytes.
#pragma once

#include "crdt/block.h"
#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"

namespace syncline::crdt {

struct SmallUpdate {
  Block block;         // kString with an origin, a right origin or both; its client in any case
  ClockRange deleted;  // if this is not empty, there is no block
};

// False: it is another update, or not valid, which only decode_update can tell.
bool read_small_update(ByteView update, SmallUpdate& out);

// Writes the update of one such block, or of one range. False, and nothing written: the text is too
// long for this.
bool write_small_update(const Block& block, Bytes& out);
void write_small_deletion(ClientId client, ClockRange deleted, Bytes& out);

}  // namespace syncline::crdt
