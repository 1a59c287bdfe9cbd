// Ordered tables on a simulated disk: what RocksDB is in production, as far as the store above can
// tell.
//
// The disk holds a journal of frames, one for each batch: magic, length, CRC-32C, then the writes.
// Opening reads the journal. A frame that is not whole at the end is the rest of an interrupted
// write and is dropped; one with a whole frame behind it is damage, and refused. Values are read
// from the disk each time, so damage to one is seen by whoever reads it.
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
#include "store/tables.h"

namespace syncline::sim {

// One batch, as its frame on disk.
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
  explicit DiskTables(Disk& disk) : disk_(disk) {}

  // Reads the journal: how many bytes at its end were dropped, or kCorrupt, naming the place, with
  // nothing changed.
  Result<std::size_t> open();

  // Makes the writes of the frame that ends at `end` on disk visible.
  void apply(std::size_t begin, std::size_t end);

  Result<std::optional<std::string>> get(store::Family family, std::string_view key) const override;
  std::unique_ptr<store::Cursor> cursor(store::Family family,
                                        std::string_view end = {}) const override;

  // Damage from here on cannot be told from an interrupted write.
  std::size_t last_frame() const { return last_frame_; }

  // Where the value of a random key of the family stands on disk; nothing if there is none.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  std::optional<Place> any_value(store::Family family, Dice& dice) const;

  // The record of the event as it was appended, if `record` is that without its payload; else
  // `record` itself. The journal forgets nothing.
  std::string_view as_appended(std::string_view key, std::string_view record) const;

 private:
  using Table = std::map<std::string, Place, std::less<>>;

  std::string_view value_at(Place place) const;

  Disk& disk_;
  std::array<Table, store::kFamilies> tables_;
  Table appended_;  // events, as they were first
  std::size_t last_frame_ = 0;
};

// The tables as if no payload had ever been dropped: what oracles hold the server to.
class AppendedTables final : public store::Tables {
 public:
  explicit AppendedTables(const DiskTables& tables) : tables_(tables) {}

  Result<std::optional<std::string>> get(store::Family family, std::string_view key) const override;
  std::unique_ptr<store::Cursor> cursor(store::Family family,
                                        std::string_view end = {}) const override;

 private:
  const DiskTables& tables_;
};

}  // namespace syncline::sim
