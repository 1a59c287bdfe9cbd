// AuthorIndex: which event introduced each id of an object, for attribution (state/blame.h).
//
// It is built from the object's events, in their order, and can be extended when there are more. If
// several events introduce an id (a retry after a lost ack, a document that was imported twice), the
// first one counts. So an index up to a later position also answers for earlier moments: an id that
// existed then has its event before them.
//
// Cost: an event takes O(1) as long as the clocks of a client ascend, as they do in a log, and 40
// bytes or so of memory, and 16 more for each further range of ids. A lookup takes O(log n).
//
// Thread-safety: none; one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_cell.h"
#include "log/event.h"
#include "merge/object.h"
#include "syncline/bytes.h"
#include "syncline/crdt/id.h"
#include "syncline/error.h"

namespace syncline::state {

class AuthorIndex {
 public:
  struct Author {
    log::Position position = 0;  // of the event; 0: unknown
    std::uint64_t accepted_ms = 0;
    const std::string* principal = nullptr;  // these two as long as the index; nullptr: unknown
    const std::string* actor = nullptr;
  };
  // An author, and up to where his ids reach: all from the clock that was asked for.
  struct Found {
    Author author;
    crdt::Clock end = 0;
  };

  // Notes an event of the object, if it belongs to the generation, or whatever its generation is. Events whose ids cannot be read
  // are passed over: retention has dropped what they said.
  void note(const merge::ObjectType& type, const log::Event& event, bool any_generation = false);
  // A change was passed over because it belongs to another generation.
  bool has_skipped() const { return skipped_; }

  // Who introduced `clock` of the client; `end` is at most `limit`.
  Found find(crdt::ClientId client, crdt::Clock clock, crdt::Clock limit) const;

  // Events that introduced ids.
  std::size_t events() const { return entries_.size(); }

  // The last event that was noted. The next one to read is the one after it.
  log::Position position() const { return position_; }
  void passed(log::Position position) { position_ = position; }
  std::uint64_t generation() const { return generation_; }
  void begin(std::uint64_t generation) { generation_ = generation; }

  std::size_t memory_bytes() const;

  // As it is stored: docs/formats/authors.md. decode() gives kMalformed for bytes that are damaged, and
  // kUnsupported for a later version.
  Bytes encode() const;
  static Result<AuthorIndex> decode(ByteView stored);

 private:
  struct Entry {
    log::Position position = 0;
    std::uint64_t accepted_ms = 0;
    std::uint32_t who = 0;
  };
  struct Range {
    crdt::Clock begin = 0;
    crdt::Clock end = 0;
    std::uint32_t entry = 0;
  };
  using Who = std::pair<std::string, std::string>;  // principal and actor

  void read_entries(ByteReader& in);
  void read_ranges(ByteReader& in);

  void own(std::vector<Range>& ranges, crdt::Clock begin, crdt::Clock end);
  std::uint32_t who(const log::Event& event);

  std::unordered_map<crdt::ClientId, std::vector<Range>> clients_;  // ranges are apart, ascending
  std::vector<Entry> entries_;
  std::map<Who, std::uint32_t> known_;
  std::vector<const Who*> names_;
  std::size_t ranges_ = 0;
  bool skipped_ = false;
  log::Position position_ = 0;
  std::uint64_t generation_ = 0;
};

// The indexes of the objects that were asked for last, within a budget.
class AuthorIndexes {
 public:
  // `cell`: where the kept ones are charged; may be nullptr.
  explicit AuthorIndexes(std::size_t budget_bytes = std::size_t{64} << 20,
                         SharedCell cell = nullptr)
      : budget_bytes_(budget_bytes), charge_(std::move(cell)) {}

  // The index of an object, which may be empty. It is shared with those who use it meanwhile.
  struct Kept {
    AuthorIndex index;
    bool extending = false;                                     // somebody does
    std::vector<std::move_only_function<void()>> waiting = {};  // until that is done
    std::size_t counted = 0;
    std::size_t stored_events = 0;  // as many as the stored one has, as far as is known
  };
  std::shared_ptr<Kept> get(const std::string& workspace, const std::string& object);
  // An empty one, which takes the place of the one that is kept. Those who read that one keep it.
  std::shared_ptr<Kept> renew(const std::string& workspace, const std::string& object);

  // Must be called when an index has grown. May give up others, and this one if it is too large.
  void grown(const std::string& workspace, const std::string& object);

  std::size_t bytes() const { return bytes_; }

 private:
  using Key = std::pair<std::string, std::string>;
  struct Place {
    std::shared_ptr<Kept> kept;
    std::list<Key>::iterator use;
  };

  void drop(std::map<Key, Place>::iterator place);

  const std::size_t budget_bytes_;
  std::size_t bytes_ = 0;
  MemoryCharge charge_;
  std::map<Key, Place> places_;
  std::list<Key> uses_;  // least recently used first
};

}  // namespace syncline::state
