// What the subscribers of an object are told of it.
//
// Three kinds of things are told: a change by somebody, once it is durable; who is present; and a message
// of one client to the others. A delivery says what it is about, so that a subscriber needs to know nothing
// else: it may hold many objects, and go on from a position.
//
// A delivery is valid during the call that hands it over. Each protocol encodes it once for all its
// receivers: the encodings are kept with the delivery, under a tag of the protocol's choice.
//
// Thread-safety: none; one loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event_log.h"
#include "syncline/bytes.h"

namespace syncline::workspace {

// Names one way to encode deliveries: the address of a constant that belongs to the protocol. What is
// encoded in two ways for receivers of one protocol needs two tags.
using EncodingTag = const void*;

// The encodings of one delivery, each shared by those who send it.
class Encodings {
 public:
  using Encoded = std::shared_ptr<const Bytes>;

  // `build()` the first time that the tag is asked for, shared from then on.
  template <typename Build>
  const Encoded& once(EncodingTag tag, Build&& build) {
    const auto found = std::ranges::find(all_, tag, &Entry::first);
    if (found != all_.end()) return found->second;
    return all_.emplace_back(tag, std::make_shared<const Bytes>(build())).second;
  }

 private:
  using Entry = std::pair<EncodingTag, Encoded>;
  std::vector<Entry> all_;
};

struct Delivery {
  std::string_view object = {};  // its id
  // Of a change: its event. 0: it is not logged.
  log::Position position = 0;
  // Who made the change or sent the message. Empty where that is nobody: the server noticed that a
  // client is gone.
  std::string_view principal = {};
  // What it would survive. Presence and messages are in memory only.
  log::Durability durability = log::Durability::kMemory;
  // A change as its type tells it to others, an encoded awareness update, or a client's message.
  ByteView payload = {};
  mutable Encodings encodings = {};
};

}  // namespace syncline::workspace
