// Bundle: a workspace as one file: its events as records, signed statements, pins, and snapshots
// where they are needed. It is written and read from front to back, one section at a time, in
// bounded memory.
//
// docs/formats/bundle.md specifies the bytes. In short: a magic number, then sections with a kind,
// a length, a body and a CRC-32C. The CRC continues from section to section, so a section that is
// altered, moved, doubled or missing is detected at its place. An end section distinguishes a whole
// file from a cut one. The hashes and signatures in the file prove its content; the CRCs do not.
//
// Order: header, statements, then sections of events, each followed by the snapshots at its end,
// then pins, end.
//
// Thread-safety: none per object. Errors: those of the reader (log/bundle_reader.h); writing has
// none.
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

// The limit of a reader for the body of one section: the largest snapshot, and some more.
inline constexpr std::size_t kMaxSectionBytes = kMaxSnapshotBytes + (std::size_t{64} << 10);

// A writer closes a section of events after the record that reaches either limit.
inline constexpr std::size_t kSectionEventBytes = std::size_t{1} << 20;
inline constexpr std::size_t kSectionEvents = 4096;
inline constexpr std::size_t kSectionPins = 1000;

inline constexpr std::uint64_t kBundleVersion = 2;

inline constexpr std::uint8_t kBundleMagic[8] = {0x89, 'S', 'L', 'B', '\r', '\n', 0x1a, '\n'};

struct BundleHeader {
  std::string workspace;
  std::string log_name;    // of the server that wrote it; may be empty
  std::uint64_t size = 0;  // number of events; all from the first on
  Hash256 last_hash{};     // of the last event
  std::uint64_t version = kBundleVersion;

  bool operator==(const BundleHeader&) const = default;
};

// Consecutive events. When read, the records refer to the reader.
struct BundleEvents {
  Position first = 0;
  std::vector<ByteView> records;

  Position last() const { return first + records.size() - 1; }
};

// The state of an object after the last event before this section. That event is one of the
// object's.
struct BundleSnapshot {
  std::string object;
  Position position = 0;
  ByteView state;
  std::string type = {};         // the name of its type; empty: not recorded
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

// A place at which a writer can continue the file: before a section of events.
struct BundleMark {
  std::uint64_t offset = 0;  // bytes of the file
  std::uint32_t crc = 0;     // the running CRC
  Position after = 0;        // the last event before
};

// Encodes sections one after the other. The owner of the file appends them.
class BundleWriter {
 public:
  BundleWriter();  // for a new file, which begins with magic()
  explicit BundleWriter(std::uint32_t crc) : crc_(crc) {}

  static Bytes magic() { return {std::begin(kBundleMagic), std::end(kBundleMagic)}; }
  Bytes section(const BundleSection& section);

  std::uint32_t crc() const { return crc_; }

 private:
  std::uint32_t crc_;
};

}  // namespace syncline::log
