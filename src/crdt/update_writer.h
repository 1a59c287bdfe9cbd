// Writes updates in Yjs's formats v1 and v2, byte for byte as Yjs would.
//
// An update is: number of clients; for each client, highest first: number of blocks, client, first
// clock, blocks; then the delete set. Version 2 writes the same fields into columns, each
// compressed by runs or differences.
//
// Use: UpdateWriter w(version); w.begin_clients(n); for each client { w.begin_client(blocks,
// client, clock); w.write(block, offset)…; } w.write_deletes(set); Bytes update = w.take();
// Thread-safety: one thread. Reuse after take() keeps the buffers.
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

  // Makes room for so many bytes of text.
  void reserve(std::size_t text);

  void begin_clients(std::uint64_t clients);
  void begin_client(std::uint64_t blocks, ClientId client, Clock first_clock);

  // Writes the block without its first `offset` clocks (then its origin is the id before the cut,
  // as Yjs does it). A cut inside a surrogate pair gives U+FFFD.
  void write(const Block& block, Clock offset = 0);

  void write_deletes(const DeleteSet& deletes);
  // The same piece by piece.
  DeleteSetWriter deletes();

  // For who writes structs of its own form (update_sink.h) between begin_client() and deletes():
  // `write` is called with the sink of this version.
  template <typename Write>
  void write_with(Write&& write) {
    if (v1_)
      write(*v1_);
    else
      write(*v2_);
  }

  Bytes take();
  void take(Bytes& out);  // into a buffer whose memory is used again

 private:
  std::unique_ptr<V1Sink> v1_;
  std::unique_ptr<V2Sink> v2_;
};

}  // namespace syncline::crdt
