// What a connection still has to write: payloads that are shared with other connections, each
// behind a few bytes of its own framing. Nothing is copied; the queue hands out iovecs for a
// gathered write.
//
// Pure, and empty costs no allocation. Not thread-safe.
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

  // Queues `header` (at most kHeaderMax bytes, copied) and then `payload`, which `owner` keeps
  // alive. `counted` entries make up counted_bytes(): messages of the application, unlike control
  // frames. Returns the entry's sequence number.
  std::uint64_t push(ByteView header, ByteView payload, std::shared_ptr<const void> owner,
                     bool counted);

  // The first bytes of the queue as parts to write; returns how many parts were filled.
  std::size_t gather(std::span<iovec> parts) const;

  // `bytes` of what gather() gave have been written.
  void consume(std::size_t bytes);

  bool empty() const { return head_ == entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t counted_bytes() const { return counted_bytes_; }

  // Has the entry left the queue?
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

  std::vector<Entry> entries_;  // those before head_ are written and hold nothing
  std::size_t head_ = 0;
  std::size_t front_offset_ = 0;  // written bytes of the entry at head_
  std::size_t bytes_ = 0;
  std::size_t counted_bytes_ = 0;
  std::uint64_t first_sequence_ = 0;  // of the entry at head_
};

}  // namespace syncline::backend
