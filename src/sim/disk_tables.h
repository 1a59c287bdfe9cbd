// DiskTables: ordered tables on a simulated disk, which replace RocksDB for the store above.
//
// The disk contains a journal with one frame per batch: magic, length, CRC-32C, then the writes.
// Opening reads the journal. An incomplete frame at the end is the rest of an interrupted write and
// is dropped. One with a whole frame after it is damage and is refused. Values are read from the
// disk each time, so every reader sees damage.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "sim/disk.h"
#include "sim/disk_blobs.h"
#include "store/tables.h"

namespace syncline::sim {

// One batch, in the form of its frame on disk.
class FrameWrites final : public store::Writes {
 public:
  void put(store::Family family, std::string_view key, std::string_view value) override;
  void remove(store::Family family, std::string_view key) override;
  bool empty() const override { return out_.empty(); }

  Bytes frame() const;

 private:
  ByteWriter out_;
};

class DiskTables final : public store::Tables {
 public:
  explicit DiskTables(Disk& disk) : disk_(disk), blobs_(disk), chunks_(disk, "chunk ") {}

  // Reads the journal. Returns the number of bytes that were dropped at its end; or kCorrupt, with
  // the place, without a change.
  Result<std::size_t> open();

  // Applies the writes of the frame between `begin` and `end` on disk.
  void apply(std::size_t begin, std::size_t end);

  Result<std::optional<std::string>> get(store::Family family, std::string_view key) const override;
  std::unique_ptr<store::Cursor> cursor(store::Family family,
                                        std::string_view end = {}) const override;
  const DiskBlobs& blobs() const override { return blobs_; }
  const DiskBlobs& chunks() const override { return chunks_; }

  // The beginning of the last frame. Damage after it cannot be distinguished from an interrupted
  // write.
  std::size_t last_frame() const { return last_frame_; }

  // The place on disk of the value of a random key of the family; nothing if there is none.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  std::optional<Place> any_value(store::Family family, Dice& dice) const;

  // The record of the event as it was appended, if `record` is that record without its payload;
  // otherwise `record` itself. The journal forgets nothing.
  std::string_view as_appended(std::string_view key, std::string_view record) const;

 private:
  using Table = std::map<std::string, Place, std::less<>>;

  std::string_view value_at(Place place) const;

  Disk& disk_;
  DiskBlobs blobs_;
  DiskBlobs chunks_;
  std::array<Table, store::kFamilies> tables_;
  Table appended_;  // events as they were first stored
  std::size_t last_frame_ = 0;
};

// The tables as if no payload had ever been dropped. The oracles compare the server with these.
class AppendedTables final : public store::Tables {
 public:
  explicit AppendedTables(const DiskTables& tables) : tables_(tables) {}

  Result<std::optional<std::string>> get(store::Family family, std::string_view key) const override;
  std::unique_ptr<store::Cursor> cursor(store::Family family,
                                        std::string_view end = {}) const override;
  const store::Blobs& blobs() const override { return tables_.blobs(); }
  const store::Blobs& chunks() const override { return tables_.chunks(); }

 private:
  const DiskTables& tables_;
};

}  // namespace syncline::sim
