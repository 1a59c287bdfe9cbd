// Large snapshots beside the commit path: the queue, and what the committer gets to see of them.
#include "store/snapshot_queue.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "log/blocking_log.h"
#include "log/test_chain.h"
#include "store/blob_file.h"
#include "store/group_commit.h"
#include "store/memory_store.h"
#include "store/memory_tables.h"
#include "store/reads.h"

namespace syncline::testing {
namespace {

using store::BlobName;
using store::SnapshotQueue;
using store::SnapshotRequest;

constexpr std::size_t kLarge = 20'000;

SnapshotRequest large_snapshot(std::string object, log::Position position, std::size_t size,
                               std::uint64_t since_milestone = 0) {
  SnapshotRequest request{.workspace = "w", .object = std::move(object), .done = {}};
  request.snapshot.position = position;
  request.snapshot.bytes = Bytes(size, static_cast<std::uint8_t>(position));
  request.snapshot.bytes_since_milestone = since_milestone;
  request.done = [](Result<void> ok) { EXPECT_TRUE(ok) << ok.error().message; };
  return request;
}

// Counts the bytes of what is written.
class CountingWrites final : public store::Writes {
 public:
  void put(store::Family family, std::string_view key, std::string_view value) override {
    bytes += key.size() + value.size();
    into.put(family, key, value);
  }
  void remove(store::Family family, std::string_view key) override {
    bytes += key.size();
    into.remove(family, key);
  }
  bool empty() const override { return into.empty(); }

  store::MemoryWrites into;
  std::size_t bytes = 0;
};

TEST(SnapshotQueue, TakesLargeOnesAndWhatMustNotOvertakeThem) {
  SnapshotQueue queue({.inline_bytes = 100, .queue_bytes = 1000});
  EXPECT_FALSE(queue.takes(large_snapshot("a", 1, 100)));
  auto large = large_snapshot("a", 1, 101);
  ASSERT_TRUE(queue.takes(large));
  ASSERT_TRUE(queue.push(large));
  EXPECT_TRUE(queue.takes(large_snapshot("a", 2, 1))) << "a delta must not overtake its base";
  EXPECT_FALSE(queue.takes(large_snapshot("b", 2, 1)));
  ASSERT_TRUE(queue.begin());
  EXPECT_TRUE(queue.takes(large_snapshot("a", 2, 1))) << "its base is not committed yet";
  EXPECT_FALSE(queue.begin()) << "one at a time";
  queue.end();
  EXPECT_FALSE(queue.takes(large_snapshot("a", 2, 1)));
  EXPECT_TRUE(queue.idle());
}

TEST(SnapshotQueue, HoldsNoMoreThanItsBudget) {
  SnapshotQueue queue({.inline_bytes = 10, .queue_bytes = 1000});
  auto huge = large_snapshot("a", 1, 5000);
  EXPECT_TRUE(queue.push(huge)) << "one is accepted whatever its size";
  auto more = large_snapshot("b", 1, 11);
  EXPECT_FALSE(queue.push(more));
  EXPECT_EQ(more.snapshot.bytes.size(), 11u) << "it is the caller's";
  EXPECT_EQ(queue.bytes(), 5000u);
  ASSERT_TRUE(queue.begin());
  EXPECT_EQ(queue.bytes(), 5000u) << "it is still held while it is written";
  queue.end();
  EXPECT_EQ(queue.bytes(), 0u);
  for (int i = 0; i < 4; ++i) {
    auto part = large_snapshot("a", 1, 300);
    EXPECT_EQ(queue.push(part), i < 3);
  }
  EXPECT_EQ(queue.bytes(), 900u);
  EXPECT_EQ(queue.size(), 3u);
}

// A later one may be a delta, which needs the one before it.
TEST(SnapshotQueue, EachComesOutOnceInTheOrderInWhichItCame) {
  SnapshotQueue queue({.inline_bytes = 10});
  const std::vector<std::pair<std::string, log::Position>> came = {
      {"a", 1}, {"a", 2}, {"b", 1}, {"a", 3}};
  for (const auto& [object, position] : came) {
    auto snapshot = large_snapshot(object, position, 100);
    ASSERT_TRUE(queue.push(snapshot));
  }
  std::vector<std::pair<std::string, log::Position>> left;
  while (auto job = queue.begin()) {
    const auto& request = std::get<SnapshotRequest>(*job);
    left.emplace_back(request.object, request.snapshot.position);
    queue.end();
  }
  EXPECT_EQ(left, came);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SnapshotQueue, RemovesNothingWhileThatIsHeld) {
  SnapshotQueue queue({.inline_bytes = 10});
  const BlobName name = store::blob_name({});
  queue.hold_removals(true);
  queue.release({name});
  EXPECT_FALSE(queue.begin());
  auto large = large_snapshot("a", 1, 11);
  ASSERT_TRUE(queue.push(large));
  EXPECT_TRUE(std::holds_alternative<SnapshotRequest>(queue.begin().value()));
  queue.end();
  queue.hold_removals(false);
  EXPECT_EQ(std::get<BlobName>(queue.begin().value()), name);
}

// The bound of the commit path: with 30 MB of snapshots queued and written, a batch holds the bytes
// of what is appended, and of one entry.
TEST(SnapshotQueue, NoContentGoesThroughTheCommitPath) {
  store::MemoryBlobs blobs;
  store::MemoryTables tables(blobs);
  store::GroupCommit group(tables);
  SnapshotQueue queue({});
  TestChain chain;
  const auto commit = [&](std::vector<store::Request> requests) {
    CountingWrites writes;
    auto batch = group.stage(std::move(requests), {}, writes);
    tables.apply(std::move(writes.into));
    queue.release(batch.released);
    group.finish(std::move(batch), {});
    return writes.bytes;
  };
  const auto append = [&](std::vector<store::Request>& requests) {
    auto event = sample_event("a", "text");
    std::vector<log::EncodedEvent> events;
    const log::Position after = chain.head().last_position;
    events.push_back(chain.seal(event, 1).value());
    requests.emplace_back(store::AppendRequest{
        .workspace = "w",
        .append = {.events = std::move(events), .after = after},
        .done = [](Result<log::Appended> ok) { EXPECT_TRUE(ok) << ok.error().message; }});
  };
  std::vector<store::Request> first;
  append(first);
  commit(std::move(first));
  std::vector<store::Request> alone;
  append(alone);
  const std::size_t append_bytes = commit(std::move(alone));

  auto snapshot = large_snapshot("a", 1, 30'000'000);
  ASSERT_TRUE(queue.takes(snapshot));
  ASSERT_TRUE(queue.push(snapshot));
  std::vector<store::Request> beside;
  append(beside);
  EXPECT_EQ(commit(std::move(beside)), append_bytes) << "while it is queued";

  bool over = false;
  std::vector<store::Request> with_entry;
  store::store_apart(
      blobs, std::get<SnapshotRequest>(queue.begin().value()), 16'384,
      [&](SnapshotRequest entry) { with_entry.emplace_back(std::move(entry)); },
      [&](const std::vector<BlobName>&) { over = true; });
  ASSERT_EQ(with_entry.size(), 1u);
  EXPECT_FALSE(over) << "the entry is not committed";
  append(with_entry);
  EXPECT_LT(commit(std::move(with_entry)), append_bytes + 300);
  EXPECT_TRUE(over);
  EXPECT_EQ(blobs.list()->size(), 1u);
  EXPECT_EQ(store::read_snapshot(tables, "w", "a").value()->bytes.size(), 30'000'000u);
}

// Decisions about what is replaced read entries, and no content.
TEST(SnapshotQueue, TheCommitterReadsNoBlob) {
  class Unreadable final : public store::Blobs {
   public:
    void write(const BlobName&, Bytes, log::Done<void> done) override { done({}); }
    Result<std::optional<Bytes>> read(const BlobName&) const override {
      ADD_FAILURE() << "the content of a snapshot is read";
      return std::nullopt;
    }
    Result<void> remove(const BlobName&) override { return {}; }
    Result<std::vector<BlobName>> list() const override { return std::vector<BlobName>(); }
  };
  Unreadable blobs;
  store::MemoryTables tables(blobs);
  store::GroupCommit group(tables);
  const auto commit = [&](store::Request request) {
    store::MemoryWrites writes;
    std::vector<store::Request> requests;
    requests.push_back(std::move(request));
    auto batch = group.stage(std::move(requests), {}, writes);
    tables.apply(std::move(writes));
    const auto released = batch.released;
    group.finish(std::move(batch), {});
    return released;
  };
  TestChain chain;
  std::vector<log::EncodedEvent> events;
  for (int i = 0; i < 9; ++i) {
    auto event = sample_event("a", "text");
    events.push_back(chain.seal(event, 1).value());
  }
  commit(store::AppendRequest{.workspace = "w",
                              .append = {.events = std::move(events)},
                              .done = [](Result<log::Appended> ok) { EXPECT_TRUE(ok); }});
  const auto apart = [&](log::Position position, std::uint64_t since, log::Position base) {
    auto request = large_snapshot("a", position, kLarge, since);
    request.snapshot.base = base;
    request.apart = store::ApartContent{store::blob_name(request.snapshot.bytes), kLarge};
    request.snapshot.bytes.clear();
    return request;
  };
  EXPECT_TRUE(commit(apart(2, 0, 0)).empty());
  EXPECT_TRUE(commit(apart(4, 9, 2)).empty());
  EXPECT_EQ(commit(apart(6, 9, 2)), std::vector{store::blob_name(Bytes(kLarge, 4))});
  EXPECT_EQ(commit(apart(8, 0, 0)), std::vector{store::blob_name(Bytes(kLarge, 6))});
  commit(store::FloorRequest{
      .workspace = "w", .floor = 8, .done = [](Result<log::Retention> ok) { EXPECT_TRUE(ok); }});
  // What a reader found intact counts.
  std::optional<ErrorCode> refused;
  const auto drop = [&](std::set<BlobName> intact) {
    refused.reset();
    return commit(store::DropRequest{
        .workspace = "w", .to = 5, .intact = std::move(intact), .done = [&](auto dropped) {
          if (!dropped) refused = dropped.error().code;
        }});
  };
  EXPECT_TRUE(drop({}).empty());
  EXPECT_EQ(refused, ErrorCode::kConflict);
  EXPECT_EQ(drop({store::blob_name(Bytes(kLarge, 8))}),
            std::vector{store::blob_name(Bytes(kLarge, 2))});
  EXPECT_EQ(refused, std::nullopt);
}

TEST(MemoryStore, BlobsGoWithTheirLastEntry) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kAtOnce, {.inline_bytes = 0});
  const auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(log.add("w", sample_event(i % 2 ? "b" : "a", "text")));
  // Equal contents share one blob.
  ASSERT_TRUE(log.put_snapshot("w", "a", 1, "same"));
  ASSERT_TRUE(log.put_snapshot("w", "b", 2, "same"));
  EXPECT_EQ(store.blobs().list()->size(), 1u);
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "other"));
  EXPECT_EQ(store.blobs().list()->size(), 2u);
  EXPECT_EQ(as_text(log.load_snapshot("w", "b").value()->bytes), "same");
  ASSERT_TRUE(log.put_snapshot("w", "b", 4, "other"));
  EXPECT_EQ(store.blobs().list()->size(), 1u);
  // One that is refused, and one that is ignored, leave nothing.
  EXPECT_FALSE(log.put_snapshot("w", "a", 7, "ahead"));
  ASSERT_TRUE(log.put_snapshot("w", "a", 1, "old"));
  EXPECT_EQ(store.blobs().list()->size(), 1u);
}

TEST(MemoryStore, ACrashBetweenBlobAndEntryLeavesNothing) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kManual, {.inline_bytes = 0});
  auto raw = store.open_loop(loop);
  auto event = sample_event("a", "text");
  TestChain chain;
  std::vector<log::EncodedEvent> events;
  events.push_back(chain.seal(event, 1).value());
  raw->events().append("w", {.events = std::move(events)}, [](auto) {});
  store.commit();
  raw->snapshots().put_snapshot("w", "a", {1, to_bytes(as_bytes("state")), 0, 0}, [](auto) {});
  EXPECT_EQ(store.blobs().list()->size(), 1u);
  EXPECT_EQ(store.waiting(), 1u);
  raw.reset();
  store.crash();
  EXPECT_TRUE(store.blobs().list()->empty());
}

// A reader that finds an entry, and its blob removed meanwhile, looks again.
TEST(MemoryStore, AReaderThatIsOvertakenReadsAgain) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kAtOnce, {.inline_bytes = 0});
  const auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log.add("w", sample_event("a", "text")));
  ASSERT_TRUE(log.put_snapshot("w", "a", 2, "two"));

  // Replaces the snapshot at the moment when its blob is asked for.
  class Racing final : public store::Blobs {
   public:
    Racing(const store::Blobs& blobs, std::function<void()> race)
        : blobs_(blobs), race_(std::move(race)) {}
    void write(const BlobName&, Bytes, log::Done<void>) override {}
    Result<std::optional<Bytes>> read(const BlobName& name) const override {
      if (race_) std::exchange(race_, nullptr)();
      return blobs_.read(name);
    }
    Result<void> remove(const BlobName&) override { return {}; }
    Result<std::vector<BlobName>> list() const override { return blobs_.list(); }

   private:
    const store::Blobs& blobs_;
    mutable std::function<void()> race_;
  };
  // The first cursor sees the tables as they were when it was made, as those of RocksDB do.
  class Tables final : public store::Tables {
   public:
    Tables(const store::MemoryTables& tables, const store::Blobs& blobs)
        : tables_(tables), then_(tables), blobs_(blobs) {}
    Result<std::optional<std::string>> get(store::Family family,
                                           std::string_view key) const override {
      return tables_.get(family, key);
    }
    std::unique_ptr<store::Cursor> cursor(store::Family family,
                                          std::string_view end) const override {
      if (!std::exchange(began_, true)) return then_.cursor(family, end);
      return tables_.cursor(family, end);
    }
    const store::Blobs& blobs() const override { return blobs_; }

   private:
    const store::MemoryTables& tables_;
    const store::MemoryTables then_;
    const store::Blobs& blobs_;
    mutable bool began_ = false;
  };
  const Racing blobs(store.blobs(), [&] { ASSERT_TRUE(log.put_snapshot("w", "a", 4, "four")); });
  const auto found = store::read_snapshot(Tables(store.tables(), blobs), "w", "a");
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ((*found)->position, 4u);
  EXPECT_EQ((*found)->damaged, 0u);
}

}  // namespace
}  // namespace syncline::testing
