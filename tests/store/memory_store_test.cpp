#include "store/memory_store.h"

#include <gtest/gtest.h>

#include "log/actor_conformance.h"
#include "log/directory_conformance.h"
#include "log/event_log_conformance.h"
#include "log/file_conformance.h"
#include "log/waiting_conformance.h"

namespace syncline::testing {
namespace {

struct MemoryFixture {
  store::MemoryStore store;

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store.open_loop(loop); }
  void restart() {}
};

// Every snapshot is stored apart.
struct MemoryApartFixture {
  store::MemoryStore store{store::MemoryStore::CommitMode::kAtOnce, {.inline_bytes = 0}};

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store.open_loop(loop); }
  void restart() { store.crash(); }
};

struct MemoryFilesFixture : MemoryApartFixture {
  std::size_t chunks() { return store.chunks().list()->size(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FileConformance, MemoryFilesFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, EventLogConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(MemoryApart, EventLogConformance, MemoryApartFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, WaitingConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ActorConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, DirectoryConformance, MemoryFixture);

TEST(MemoryStore, AManualCommitDecidesWhatACrashFinds) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kManual);
  auto raw = store.open_loop(loop);
  TestChain chain;
  std::vector<log::Position> answered;
  for (log::Position position = 1; position <= 3; ++position) {
    auto event = sample_event("a", "x");
    std::vector<log::EncodedEvent> events;
    events.push_back(chain.seal(event, loop.unix_ms()).value());
    raw->events().append(
        "w", {.events = std::move(events), .after = position - 1},
        [&](Result<log::Appended> result) { answered.push_back(result.value().last_position); });
  }
  loop.drain();
  EXPECT_TRUE(answered.empty());
  EXPECT_EQ(store.waiting(), 3u);
  store.commit(2);
  loop.drain();
  EXPECT_EQ(answered, (std::vector<log::Position>{1, 2}));
  raw.reset();
  store.crash();
  raw = store.open_loop(loop);
  EXPECT_EQ(BlockingLog(*raw, loop).head("w").value().last_position, 2u);
}

TEST(MemoryStore, AnUploadWhoseTimeIsOverGoes) {
  TestLoop loop;
  store::MemoryStore store;
  auto raw = store.open_loop(loop);
  for (const std::uint64_t expires : {1000, 2000}) {
    log::Upload upload{.id = "upload-" + std::to_string(expires), .expires_ms = expires};
    upload.id.resize(log::kUploadIdBytes, '.');
    ASSERT_TRUE(await<void>(
        loop, [&](auto done) { raw->files().begin_upload("", upload, std::move(done)); }));
  }
  store.expire_uploads(1000);
  const auto left = await<std::vector<log::Upload>>(
      loop, [&](auto done) { raw->files().list_uploads("", "", 10, std::move(done)); });
  ASSERT_EQ(left.value().size(), 1U);
  EXPECT_EQ(left->front().expires_ms, 2000U);
}

// The process ends between the commit that takes a file away and the removal of its chunks.
TEST(MemoryStore, AnInterruptedRemovalOfAFileGoesOnAfterTheStart) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kManual);
  auto raw = store.open_loop(loop);
  const auto commit_all = [&] {
    store.commit();
    loop.drain();
  };
  log::Upload upload{.id = std::string(log::kUploadIdBytes, 'a')};
  raw->files().begin_upload("", upload, [](Result<void>) {});
  commit_all();
  const auto chunk = await<log::StoredChunk>(
      loop, [&](auto done) { raw->files().store_chunk("", Bytes{1, 2, 3}, {}, std::move(done)); });
  upload.tail = {chunk->name, 3};
  raw->files().advance_upload("", upload, {}, [](Result<void>) {});
  commit_all();
  raw->files().finish_upload("", upload.id, sha256(Bytes{1, 2, 3}), [](Result<void>) {});
  commit_all();
  raw->files().end_upload("", upload.id, [](Result<void>) {});
  store.commit(1);  // and not what follows from it
  raw.reset();
  EXPECT_EQ(store.chunks().list()->size(), 1U);
  store.crash();
  store.commit(1);  // the file has gone, its list has not
  store.crash();
  store.commit();
  EXPECT_TRUE(store.chunks().list()->empty());
}

TEST(MemoryStore, FailsAsTold) {
  TestLoop loop;
  store::MemoryStore store;
  auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  store.fail_appends(Error{ErrorCode::kUnavailable, "full"});
  EXPECT_EQ(log.add("w", sample_event("a", "1")).error().code, ErrorCode::kUnavailable);
  store.fail_appends(std::nullopt);
  EXPECT_TRUE(log.add("w", sample_event("a", "1")).has_value());
  store.fail_appends(Error{ErrorCode::kIo, "broken"});
  store.fail_appends(std::nullopt);
  EXPECT_EQ(log.add("w", sample_event("a", "2")).error().code, ErrorCode::kIo);
  EXPECT_EQ(log.read("w").value().size(), 1u);
}

TEST(MemoryStore, DamageIsFoundAndNamed) {
  TestLoop loop;
  store::MemoryStore store;
  auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  for (int index = 0; index < 3; ++index)
    ASSERT_TRUE(log.add("w", sample_event("a", "text")).has_value());
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "state").has_value());
  store.damage_event("w", 2);
  store.damage_snapshot("w", "a");
  const auto read = log.read("w");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(read.error().message.find("workspace w, event 2"), std::string::npos);
  EXPECT_EQ(log.read_object("w", "a").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(log.load_snapshot("w", "a").error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "state").has_value());
  EXPECT_TRUE(log.load_snapshot("w", "a").value().has_value());
}

}  // namespace
}  // namespace syncline::testing
