// OutQueue: what a connection still has to write: payloads that are shared with other connections,
// each after a few bytes of framing of its own. It copies no payload: it returns iovecs for a
// gathered write.
//
// Pure. An empty queue needs no allocation. Not thread-safe.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "syncline/bytes.h"

namespace syncline::backend {

class OutQueue {
 public:
  static constexpr std::size_t kHeaderMax = 14;
  // So many entries fit without a second allocation: what a handshake queues, for example.
  static constexpr std::size_t kFirst = 4;

  // Queues `header` (copied, at most kHeaderMax bytes) and then `payload`, which `owner` keeps
  // alive. Entries with `counted` add to counted_bytes(); these are messages of the application,
  // not control frames. Returns the sequence number of the entry.
  std::uint64_t push(ByteView header, ByteView payload, std::shared_ptr<const void> owner,
                     bool counted);

  // Fills `parts` with the first bytes of the queue; returns the number of parts that it filled.
  std::size_t gather(std::span<iovec> parts) const;

  // Removes `bytes` bytes of those that gather() returned, because they have been written.
  void consume(std::size_t bytes);

  bool empty() const { return head_ == entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t counted_bytes() const { return counted_bytes_; }
  // What the queue itself occupies, without the payloads.
  std::size_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

  // True if the entry has left the queue.
  bool is_written(std::uint64_t sequence) const { return sequence < first_sequence_; }

  void clear();

 private:
  struct Entry {
    std::shared_ptr<const void> owner;
    ByteView payload;
    std::array<std::uint8_t, kHeaderMax> header;
    std::uint8_t header_size;
    bool counted;

    std::size_t size() const { return header_size + payload.size(); }
  };

  void pop();

  std::vector<Entry> entries_;  // entries before head_ are written and hold nothing
  std::size_t head_ = 0;
  std::size_t front_offset_ = 0;  // bytes of the entry at head_ that are written
  std::size_t bytes_ = 0;
  std::size_t counted_bytes_ = 0;
  std::uint64_t first_sequence_ = 0;  // the number of the entry at head_
};

}  // namespace syncline::backend
