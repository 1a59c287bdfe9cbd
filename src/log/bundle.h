// A workspace as one file: its events as records, who signed them, pins, and snapshots where they are
// needed. Written and read front to back, a section at a time, in bounded memory.
//
// docs/formats/bundle.md specifies the bytes. In short: a magic number, then sections of a kind, a
// length, a body and a CRC-32C that runs on from section to section, so that one that is altered,
// moved, doubled or left out is noticed where it stands; an end section tells a whole file from a cut
// one. What the file says is proved by the hashes and signatures in it, not by its CRCs.
//
// Order: header, statements, then events each followed by the snapshots that stand at their end, pins,
// end.
//
// Thread-safety: none per object. Errors are the reader's (log/bundle_reader.h); writing has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sha256.h"
#include "log/event.h"
#include "log/pin_store.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "syncline/bytes.h"

namespace syncline::log {

// What a reader takes as the body of one section: the largest snapshot, and some.
inline constexpr std::size_t kMaxSectionBytes = kMaxSnapshotBytes + (std::size_t{64} << 10);

// A writer closes a section of events with the record that reaches either.
inline constexpr std::size_t kSectionEventBytes = std::size_t{1} << 20;
inline constexpr std::size_t kSectionEvents = 4096;
inline constexpr std::size_t kSectionPins = 1000;

inline constexpr std::uint64_t kBundleVersion = 2;

inline constexpr std::uint8_t kBundleMagic[8] = {0x89, 'S', 'L', 'B', '\r', '\n', 0x1a, '\n'};

struct BundleHeader {
  std::string workspace;
  std::string log_name;    // of the server that wrote it; may be empty
  std::uint64_t size = 0;  // events, all from the first on
  Hash256 last_hash{};     // of the last event
  std::uint64_t version = kBundleVersion;

  bool operator==(const BundleHeader&) const = default;
};

// Consecutive events. Read, the records refer into the reader.
struct BundleEvents {
  Position first = 0;
  std::vector<ByteView> records;

  Position last() const { return first + records.size() - 1; }
};

// The state of an object after the last event before it, which is that object's.
struct BundleSnapshot {
  std::string object;
  Position position = 0;
  ByteView state;
  std::string type = {};         // its name; empty: not recorded
  std::uint64_t generation = 0;  // of the object; 0: not recorded
};

struct BundlePins {
  std::vector<Pin> pins;  // by name, ascending over all sections
};

struct BundleEnd {
  std::uint64_t size = 0;
  Hash256 root{};  // of the Merkle tree over all events
};

using BundleSection =
    std::variant<BundleHeader, Statement, BundleEvents, BundleSnapshot, BundlePins, BundleEnd>;

// Where a file can be gone on with: before a section of events.
struct BundleMark {
  std::uint64_t offset = 0;  // bytes of the file
  std::uint32_t crc = 0;     // running on
  Position after = 0;        // the last event before
};

// Makes sections one after the other; whoever holds the file appends them.
class BundleWriter {
 public:
  BundleWriter();  // of a new file, which magic() begins
  explicit BundleWriter(std::uint32_t crc) : crc_(crc) {}

  static Bytes magic() { return {std::begin(kBundleMagic), std::end(kBundleMagic)}; }
  Bytes section(const BundleSection& section);

  std::uint32_t crc() const { return crc_; }

 private:
  std::uint32_t crc_;
};

}  // namespace syncline::log
