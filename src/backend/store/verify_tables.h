// Compares two things that the store keeps with a workspace's events: the tiles of the Merkle tree,
// and the index from objects to events.
//
// Thread-safety: none; the verifier (backend/store/verify.h) uses it on its thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/store/database.h"
#include "log/difference.h"
#include "store/tree.h"

namespace syncline::backend::store {

// Receives the tiles that follow from the events, and compares each with the stored one.
class TileCheck final : public TileStore {
 public:
  TileCheck(const Database& database, std::string workspace, WorkspaceId id,
            rocksdb::ReadOptions options)
      : database_(database), workspace_(std::move(workspace)), id_(id), options_(options) {}

  Result<std::vector<Hash256>> load(unsigned level, std::uint64_t first,
                                    std::uint64_t count) override;
  Result<void> put(unsigned level, std::uint64_t index, ByteView value) override;

  // Call it after the last event. Tiles beyond it belong to events that are missing.
  log::Checked<void> finish() const;

 private:
  const Database& database_;
  const std::string workspace_;
  const WorkspaceId id_;
  const rocksdb::ReadOptions options_;
  std::uint64_t values_ = 0;
};

// Compares the index with the events without a look-up for each. It adds up 64 bits of the SHA-256
// of every key; for two different sets of keys, the sums differ with high probability.
class IndexCheck {
 public:
  IndexCheck(const Database& database, std::string workspace, WorkspaceId id,
             rocksdb::ReadOptions options)
      : database_(database), workspace_(std::move(workspace)), id_(id), options_(options) {}

  void expect(std::string_view object, log::Position position);

  // After the last event.
  log::Checked<void> finish();

 private:
  struct Sum {
    std::uint64_t entries = 0;
    std::uint64_t sum = 0;

    void add(std::string_view key);
    bool operator==(const Sum&) const = default;
  };

  // Once the sums differ: searches slowly for the first event without its entry.
  log::Checked<void> find_unindexed() const;
  log::Checked<void> check_indexed(const log::Event& event) const;

  const Database& database_;
  const std::string workspace_;
  const WorkspaceId id_;
  const rocksdb::ReadOptions options_;
  Sum expected_;
};

}  // namespace syncline::backend::store
