// Delivery: one message to the subscribers of an object.
//
// There are three kinds: a change by somebody, once it is durable; presence; and a message of one
// client to the others. A delivery contains everything that a subscriber needs to know about it. So
// a subscriber may hold many objects, and may continue from a position.
//
// A delivery is valid during the call that passes it. Each protocol encodes it once for all its
// receivers: the encodings are cached in the delivery, under a tag that the protocol chooses.
//
// Thread-safety: none; one loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_cell.h"
#include "log/event_log.h"
#include "syncline/bytes.h"

namespace syncline::workspace {

// Identifies one encoding of deliveries: the address of a constant that belongs to the protocol. A
// protocol with two encodings needs two tags.
using EncodingTag = const void*;

// The encodings of one delivery, which all senders share.
class Encodings {
 public:
  using Encoded = std::shared_ptr<const Bytes>;

  // Calls `build()` at the first use of the tag, and returns the same bytes from then on.
  template <typename Build>
  const Encoded& once(EncodingTag tag, Build&& build) {
    if (first_.first == tag) return first_.second;
    const auto found = std::ranges::find(others_, tag, &Entry::first);
    if (found != others_.end()) return found->second;
    Entry made{tag, std::make_shared<const Bytes>(build())};
    if (first_.first == nullptr) return (first_ = std::move(made)).second;
    return others_.emplace_back(std::move(made)).second;
  }

 private:
  using Entry = std::pair<EncodingTag, Encoded>;
  Entry first_ = {};  // nearly always the only one
  std::vector<Entry> others_;
};

struct Delivery {
  std::string_view object = {};  // its id
  // For a change: the position of its event. 0: not logged.
  log::Position position = 0;
  // For a change that joins those of several events: the position of the first one; `position` is that of the
  // last. 0 for one event.
  log::Position joined_from = 0;
  // Who made the change or sent the message. Empty if nobody did: the server noticed that a client
  // has left.
  std::string_view principal = {};
  // The durability of the change. Presence and messages are only in memory.
  log::Durability durability = log::Durability::kMemory;
  // A change in the form that its type tells others, an encoded awareness update, or a client's
  // message.
  ByteView payload = {};
  mutable Encodings encodings = {};
};

// What a replica lacks, as a change. Those who lack the same share it, and its encodings.
struct Diff {
  Bytes change;
  mutable Encodings encodings = {};
  mutable MemoryCharge charge = {};  // of a large one, as an answer under way
};

// What a replica lacks of a large object may come in two parts: a whole state that others get as
// well, and what is newer.
struct Lacking {
  std::shared_ptr<const Diff> first = nullptr;  // nullptr: everything is in `rest`
  std::shared_ptr<const Diff> rest;
};

}  // namespace syncline::workspace
