// MemoryTables: ordered tables in memory, which take the place of a database below the store.
//
// Thread-safety: none; one thread reads and writes.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/blobs.h"
#include "store/tables.h"

namespace syncline::store {

// One batch, until it is applied.
class MemoryWrites final : public Writes {
 public:
  void put(Family family, std::string_view key, std::string_view value) override;
  void remove(Family family, std::string_view key) override;
  bool empty() const override { return writes_.empty(); }

 private:
  friend class MemoryTables;
  struct Write {
    Family family;
    std::string key;
    std::optional<std::string> value;  // nullopt: remove
  };
  std::vector<Write> writes_;
};

class MemoryTables final : public Tables {
 public:
  // `blobs` and `chunks` must outlive it.
  explicit MemoryTables(const Blobs& blobs = no_blobs(), const Blobs& chunks = no_blobs())
      : blobs_(blobs), chunks_(chunks) {}

  void apply(MemoryWrites writes);

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override;
  std::unique_ptr<Cursor> cursor(Family family, std::string_view end = {}) const override;

  const Blobs& blobs() const override { return blobs_; }
  const Blobs& chunks() const override { return chunks_; }

  // The value of a key, for changing it in place; nullptr if there is none.
  std::string* find(Family family, std::string_view key);

 private:
  using Table = std::map<std::string, std::string, std::less<>>;

  const Blobs& blobs_;
  const Blobs& chunks_;
  std::array<Table, kFamilies> tables_;
};

}  // namespace syncline::store
