// Writes and reads Yjs updates (format v1) without a document engine, so that the generator needs
// little processor time.
//
// A client id and a clock identify each inserted character. Reading an update gives ranges of
// clocks, so it does not matter whether the server split or merged what it received.
//
//   update     = varuint clients, (varuint structs, varuint client, varuint clock, struct…)…, deletes
//   struct     = info byte, [origin], [right origin], [parent], content
//   deletes    = varuint clients, (varuint client, varuint ranges, (varuint clock, varuint length)…)…
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "syncline/bytes.h"

namespace syncline::bench {

// Clocks [first, end) of one client.
struct ClockRange {
  std::uint64_t client = 0;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

// Writes `text` (ASCII) after the character that the client inserted before, or, if `clock` is 0,
// first in the root text "t".
void write_insertion(ByteWriter& out, std::uint64_t client, std::uint32_t clock,
                     std::string_view text);

// A text on which one person has worked for long: runs of typing at varying places, one in eight of
// them deleted later, in the pieces in which replicas hold it. Equal arguments give equal results.
struct History {
  Bytes update;
  ClockRange clocks;
};
History make_history(std::uint64_t client, std::size_t runs);

// A state vector.
void write_state_vector(ByteWriter& out, const std::vector<ClockRange>& known);

// Reads updates of documents that contain only text.
class UpdateReader {
 public:
  // The clocks that the update contains; adjacent ones form one range. The result is valid until
  // the next call. Null if the update is malformed or contains something that plain text does not.
  const std::vector<ClockRange>* read(ByteView update);

 private:
  bool parse(ByteView update);

  std::vector<ClockRange> ranges_;
  // Many clients get the same large state; it is parsed once.
  Bytes large_;
  std::vector<ClockRange> large_ranges_;
};

}  // namespace syncline::bench
