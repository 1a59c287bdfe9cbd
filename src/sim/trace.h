// Trace: a hash of everything that happened in a run and, on request, the list of it.
//
// Every important event goes into the hash (time, kind, actor, two numbers), so that two runs of
// one seed can be compared by one number. Texts are made only while recording.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/timeline.h"
#include "syncline/bytes.h"

namespace syncline::sim {

enum class Kind : std::uint8_t {
  kFault,    // a fault began or ended
  kProcess,  // started, crashed, recovered
  kConnect,  // a connection opened, closed, was refused
  kMessage,  // a message was delivered
  kEdit,     // a client changed its document
  kAck,      // a client was told that its updates are durable
  kDisk,     // something was made durable
  kCheck,    // an oracle made a check
};

// "fault", "process" …
std::string_view to_string(Kind kind);

struct TraceEntry {
  std::uint64_t time_us = 0;
  Kind kind = Kind::kFault;
  std::string who;
  std::string to;  // of a message: its receiver
  std::string text;
};

class Trace {
 public:
  static constexpr std::size_t kMaxEntries = 200'000;  // later entries are only hashed

  Trace(const Timeline& timeline, bool recording) : timeline_(timeline), recording_(recording) {}

  // `words()` returns the text.
  template <typename Words>
  void note(Kind kind, std::string_view who, std::uint64_t a, std::uint64_t b, Words&& words) {
    note(kind, who, {}, a, b, words);
  }
  template <typename Words>
  void note(Kind kind, std::string_view who, std::string_view to, std::uint64_t a, std::uint64_t b,
            Words&& words) {
    fold(timeline_.now_us());
    fold(static_cast<std::uint64_t>(kind));
    for (const char c : who) fold(static_cast<std::uint8_t>(c));
    fold(a);
    fold(b);
    if (recording_ && entries_.size() < kMaxEntries)
      entries_.push_back({timeline_.now_us(), kind, std::string(who), std::string(to), words()});
  }

  std::uint64_t hash() const { return hash_; }
  const std::vector<TraceEntry>& entries() const { return entries_; }

 private:
  void fold(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9fb21c651e98df25;
    hash_ ^= hash_ >> 29;
  }

  const Timeline& timeline_;
  const bool recording_;
  std::uint64_t hash_ = 0x243f6a8885a308d3;
  std::vector<TraceEntry> entries_;
};

}  // namespace syncline::sim
