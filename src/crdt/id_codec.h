// Reading and writing state vectors and delete sets where they stand within other formats: updates,
// snapshots, protocol messages. Whole buffers: crdt/update_writer.h.
//
// A state vector is a count and (client, clock) pairs, the same in both versions. A delete set is a
// number of clients and for each its client, a number of ranges, and the ranges: clock and length,
// version 2 as the distance from the end of the range before, and length-1.
#pragma once

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/block.h"
#include "syncline/error.h"

namespace syncline::crdt {

void write_state_vector(const StateVector& vector, ByteWriter& out);
// Of a client that is named twice the last entry counts, as in Yjs.
Result<StateVector> read_state_vector(ByteReader& in);

// Writes a delete set piece by piece: begin(clients), then for each client, highest first,
// begin_client() and its ranges in ascending order.
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
  Clock end_ = 0;  // of the range before
};

void write_delete_set(const DeleteSet& deletes, UpdateVersion version, ByteWriter& out);
// Adds to `deletes`, which must be empty. Ranges may come in any order (Yjs keeps that order; here
// it becomes the sorted and merged form of the same set); each client may come once.
Result<void> read_delete_set(ByteReader& in, UpdateVersion version, DeleteSet& deletes);

}  // namespace syncline::crdt
