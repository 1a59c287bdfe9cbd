// Reads and writes state vectors and delete sets inside other formats: updates, snapshots, protocol
// messages. For whole buffers, see syncline/crdt/id_set.h.
//
// A state vector is a count and then (client, clock) pairs, in both versions. A delete set is the
// number of clients; then for each client its id, the number of ranges, and the ranges. Version 1
// writes a range as clock and length. Version 2 writes it as the distance from the end of the range
// before, and the length minus 1.
#pragma once

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/block.h"
#include "syncline/error.h"

namespace syncline::crdt {

void write_state_vector(const StateVector& vector, ByteWriter& out);
// If a client is named twice, the last entry wins, as in Yjs.
Result<StateVector> read_state_vector(ByteReader& in);

// Writes a delete set piece by piece: first begin(clients); then, for each client, the highest
// first, begin_client() and its ranges in ascending order.
class DeleteSetWriter {
 public:
  DeleteSetWriter(ByteWriter& out, UpdateVersion version)
      : out_(out), v2_(version == UpdateVersion::kV2) {}

  void begin(std::uint64_t clients) { out_.var_uint(clients); }
  void begin_client(ClientId client, std::uint64_t ranges) {
    out_.var_uint(client);
    out_.var_uint(ranges);
    end_ = 0;
  }
  void range(ClockRange range) {
    out_.var_uint(v2_ ? range.clock - end_ : range.clock);
    out_.var_uint(v2_ ? range.len - 1 : range.len);
    end_ = range.end();
  }

 private:
  ByteWriter& out_;
  bool v2_;
  Clock end_ = 0;  // the end of the range before
};

void write_delete_set(const DeleteSet& deletes, UpdateVersion version, ByteWriter& out);
// Adds to `deletes`, which must be empty. The ranges may be in any order: Yjs keeps the order; here
// the set becomes sorted and merged. A client may appear only once.
Result<void> read_delete_set(ByteReader& in, UpdateVersion version, DeleteSet& deletes);

}  // namespace syncline::crdt
