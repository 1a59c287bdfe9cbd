// UpdateWriter: writes updates in Yjs's formats v1 and v2, with the same bytes as Yjs.
//
// An update is: the number of clients; for each client, the highest first: the number of blocks,
// the client id, the first clock, the blocks; then the delete set. Version 2 writes the same fields
// into columns, which compress runs or differences.
//
// Use: UpdateWriter w(version); w.begin_clients(n); for each client { w.begin_client(blocks,
// client, clock); w.write(block, offset)…; } w.write_deletes(set); Bytes update = w.take();
//
// Thread-safety: one thread. After take(), the writer can be used again and keeps its buffers.
#pragma once

#include <memory>

#include "crdt/block.h"
#include "crdt/id_codec.h"
#include "syncline/bytes.h"

namespace syncline::crdt {

struct V1Sink;  // update_sink.h
struct V2Sink;

class UpdateWriter {
 public:
  explicit UpdateWriter(UpdateVersion version);
  UpdateWriter(UpdateWriter&&) noexcept;
  UpdateWriter& operator=(UpdateWriter&&) noexcept;
  ~UpdateWriter();

  // Reserves room for this many bytes of text.
  void reserve(std::size_t text);

  void begin_clients(std::uint64_t clients);
  void begin_client(std::uint64_t blocks, ClientId client, Clock first_clock);

  // Writes the block without its first `offset` clocks. If `offset` is not 0, the origin is the id
  // before the cut, as in Yjs. A cut inside a surrogate pair gives U+FFFD.
  void write(const Block& block, Clock offset = 0);

  void write_deletes(const DeleteSet& deletes);
  // Writes a delete set piece by piece.
  DeleteSetWriter deletes();

  // For callers that write structs in their own form (update_sink.h) between begin_client() and
  // deletes(). Calls `write` with the sink of this version.
  template <typename Write>
  void write_with(Write&& write) {
    if (v1_)
      write(*v1_);
    else
      write(*v2_);
  }

  Bytes take();
  // Of its buffers. After a large update, they are released.
  std::size_t memory_bytes() const;
  void take(Bytes& out);  // into a buffer whose memory is reused

 private:
  std::unique_ptr<V1Sink> v1_;
  std::unique_ptr<V2Sink> v2_;
};

}  // namespace syncline::crdt
