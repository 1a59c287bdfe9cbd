// Producers: which numbered appends of whom a stream has, so that one that is sent again is not appended again.
//
// A producer numbers its appends from 0 within an epoch, and begins another epoch when it starts anew. So the state of
// one is its epoch and its last number.
//
// Bounded: a stream keeps the kMost producers that have appended last. Whoever is dropped counts as new: its next number
// is then a gap, and it must begin an epoch; only a retry of its number 0 would be appended twice.
//
// Thread-safety: none. Costs: O(log n) for each call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "streams/change.h"

namespace syncline::streams {

class Producers {
 public:
  static constexpr std::size_t kMost = 512;

  Producers() = default;
  Producers(Producers&&) = default;
  Producers& operator=(Producers&&) = default;

  enum class Judgement : std::uint8_t {
    kNew,
    kDuplicate,   // the stream has it already
    kStaleEpoch,  // a later one of the same name has begun an epoch
    kBadFirst,    // an epoch begins with 0
    kGap,         // some before it have not come
  };
  struct Verdict {
    Judgement judgement = Judgement::kNew;
    std::uint64_t epoch = 0;     // that counts
    std::uint64_t last_seq = 0;  // kDuplicate: the last number that the stream has
    std::uint64_t expected = 0;  // kGap
  };
  Verdict judge(const ProducerMark& mark) const;

  // Takes up an append that is new.
  void take(const ProducerMark& mark);

  std::size_t size() const { return order_.size(); }
  std::size_t memory_bytes() const { return memory_; }

  void write(ByteWriter& out) const;
  // Into an empty one. The reader fails if they are none.
  void read(ByteReader& in);

 private:
  using Order = std::list<ProducerMark>;

  void drop(Order::iterator mark);

  Order order_;                                        // whoever has appended longest ago first
  std::map<std::string_view, Order::iterator> by_id_;  // of the names in `order_`
  std::size_t memory_ = 0;
};

}  // namespace syncline::streams
