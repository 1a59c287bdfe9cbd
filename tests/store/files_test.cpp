// What a batch makes of files, and the order of the work on chunks.
#include "store/files.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "log/blocking_log.h"
#include "log/file_version.h"
#include "log/test_chain.h"
#include "store/chunk_queue.h"
#include "store/group_commit.h"
#include "store/memory_blobs.h"
#include "store/memory_tables.h"
#include "store/tenant_erasure.h"

namespace syncline::testing {
namespace {

using store::FileRequest;

const std::string kId(log::kUploadIdBytes, 'a');
const Hash256 kFile = sha256(Bytes{1, 2, 3});

class FilesOfBatches : public ::testing::Test {
 protected:
  // Commits the requests as one batch, and gives their answers.
  std::vector<Result<void>> commit(std::vector<store::Request> requests) {
    store::MemoryWrites writes;
    auto batch = group_.stage(std::move(requests), {}, writes);
    tables_.apply(std::move(writes));
    released_ = std::move(batch.files);
    group_.finish(std::move(batch), {});
    return std::exchange(answers_, {});
  }

  store::Request of(store::FileChange change) {
    return FileRequest{"", std::move(change),
                       [this](Result<void> done) { answers_.push_back(std::move(done)); }};
  }

  std::vector<Result<void>> commit_one(store::FileChange change) {
    std::vector<store::Request> requests;
    requests.push_back(of(std::move(change)));
    return commit(std::move(requests));
  }

  store::Request append_version() {
    log::Event event = sample_event("logo", "");
    event.type = log::kFileType;
    event.intent = log::encode_file_version({.hash = kFile, .bytes = 3, .media_type = "a/b"});
    std::vector<log::EncodedEvent> events;
    events.push_back(chain_.seal(event, 1).value());
    return store::AppendRequest{.workspace = "w",
                                .append = {.events = std::move(events), .after = 0},
                                .done = [](Result<log::Appended> done) { EXPECT_TRUE(done); }};
  }

  // A file, which only its upload keeps.
  void make_file() {
    log::Upload upload{.id = kId};
    ASSERT_TRUE(commit_one(store::BeginUpload{upload})[0]);
    upload.tail = {store::chunk_name("", Bytes{1, 2, 3}), 3};
    ASSERT_TRUE(commit_one(store::AdvanceUpload{upload, {}})[0]);
    ASSERT_TRUE(commit_one(store::FinishUpload{kId, kFile})[0]);
  }

  bool is_stored() { return store::read_file(tables_, "", kFile).value().has_value(); }

  store::MemoryTables tables_;
  store::GroupCommit group_{tables_};
  TestChain chain_;
  store::ReleasedFiles released_;
  std::vector<Result<void>> answers_;
};

// The tables do not show the event yet.
TEST_F(FilesOfBatches, AFileThatAnEventOfTheBatchNamesIsNotRemoved) {
  make_file();
  ASSERT_TRUE(commit_one(store::EndUpload{kId})[0]);
  ASSERT_EQ(released_.files.size(), 1U);
  std::vector<store::Request> requests;
  requests.push_back(append_version());
  requests.push_back(of(store::CollectFile{kFile}));
  commit(std::move(requests));
  EXPECT_TRUE(is_stored());
  ASSERT_EQ(released_.files.size(), 1U);  // it is asked for again
  commit_one(store::CollectFile{kFile});
  EXPECT_TRUE(is_stored());
  EXPECT_TRUE(released_.empty());
}

TEST_F(FilesOfBatches, AFileThatNothingNamesIsRemovedWithItsChunks) {
  make_file();
  commit_one(store::CollectFile{kFile});
  EXPECT_TRUE(is_stored());
  commit_one(store::EndUpload{kId});
  commit_one(store::CollectFile{kFile});
  EXPECT_FALSE(is_stored());
  ASSERT_EQ(released_.lists.size(), 1U);
  EXPECT_EQ(store::read_dead_lists(tables_)->size(), 1U);
  commit_one(store::ShrinkList{kId});
  EXPECT_EQ(released_.chunks, std::vector{store::chunk_name("", Bytes({1, 2, 3}))});
  EXPECT_FALSE(store::is_chunk_named(tables_, released_.chunks[0]).value());
  EXPECT_TRUE(store::read_dead_lists(tables_)->empty());
}

TEST_F(FilesOfBatches, OneChangeOfAnUploadInABatch) {
  make_file();
  std::vector<store::Request> requests;
  requests.push_back(of(store::EndUpload{kId}));
  requests.push_back(of(store::CloseUpload{kId}));
  const auto answers = commit(std::move(requests));
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().code, ErrorCode::kConflict);
}

// A tenant may have a limited number of others, and ends many in a day.
TEST_F(FilesOfBatches, AnUploadThatIsOverIsKnownAndNotListed) {
  make_file();
  EXPECT_EQ(store::read_uploads(tables_, "", "", 10)->size(), 1U);
  ASSERT_TRUE(commit_one(store::CloseUpload{kId})[0]);
  EXPECT_TRUE(store::read_uploads(tables_, "", "", 10)->empty());
  EXPECT_TRUE(store::read_upload(tables_, "", kId).value()->done);
  EXPECT_EQ(commit_one(store::BeginUpload{log::Upload{.id = kId}})[0].error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(store::read_expired_uploads(tables_, 1, 10)->size(), 1U);
  ASSERT_TRUE(commit_one(store::EndUpload{kId})[0]);
  EXPECT_EQ(store::read_upload(tables_, "", kId).value(), std::nullopt);
}

// A list is removed in slices, from its end.
TEST_F(FilesOfBatches, ALongListGoesInSlices) {
  log::Upload upload{.id = kId};
  commit_one(store::BeginUpload{upload});
  std::vector<Hash256> names(6 * store::kChunksOfPage + 1);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = sha256(as_bytes(std::to_string(i)));
  upload.chunks = names.size();
  ASSERT_TRUE(commit_one(store::AdvanceUpload{upload, names})[0]);
  EXPECT_EQ(store::read_page(tables_, "", kId, 6)->size(), 1U);
  EXPECT_EQ(store::read_page(tables_, "", kId, 3)->at(5), names[3 * store::kChunksOfPage + 5]);
  commit_one(store::EndUpload{kId});
  std::size_t slices = 0;
  for (; !released_.lists.empty(); ++slices) {
    commit_one(store::ShrinkList{kId});
    EXPECT_LE(released_.chunks.size(), 4 * store::kChunksOfPage);
  }
  EXPECT_EQ(slices, 2U);
  for (const Hash256& name : names) EXPECT_FALSE(store::is_chunk_named(tables_, name).value());
}

TEST_F(FilesOfBatches, ADamagedRecordIsNoUpload) {
  make_file();
  tables_.find(store::Family::kMeta, store::upload_key("", kId))->back() ^= 1;
  EXPECT_EQ(store::read_upload(tables_, "", kId).error().code, ErrorCode::kCorrupt);
  tables_.find(store::Family::kMeta, store::file_key("", kFile))->back() ^= 1;
  EXPECT_EQ(store::read_file(tables_, "", kFile).error().code, ErrorCode::kCorrupt);
}

TEST(FilesOfTenants, AnErasureOfATenantTakesWhatNamesItsChunks) {
  store::MemoryBlobs chunks;
  store::MemoryTables tables(store::no_blobs(), chunks);
  store::GroupCommit group(tables);
  const auto commit = [&](const std::string& tenant, store::FileChange change) {
    std::vector<store::Request> requests;
    requests.push_back(FileRequest{tenant, std::move(change), [](Result<void> done) {
                                     EXPECT_TRUE(done) << done.error().message;
                                   }});
    store::MemoryWrites writes;
    auto batch = group.stage(std::move(requests), {}, writes);
    tables.apply(std::move(writes));
    group.finish(std::move(batch), {});
  };
  std::vector<Hash256> names;
  for (const std::string tenant : {"acme", "acme2"}) {
    log::Upload upload{.id = kId};
    commit(tenant, store::BeginUpload{upload});
    for (const std::uint8_t byte : {1, 2}) {
      names.push_back(store::chunk_name(tenant, Bytes{byte}));
      chunks.write(names.back(), Bytes{byte}, [](Result<void>) {});
    }
    upload.chunks = 1;
    upload.tail = {names.back(), 1};
    commit(tenant, store::AdvanceUpload{upload, {names[names.size() - 2]}});
  }
  store::TenantErasure erasure("acme");
  for (bool more = true; more;) {
    store::MemoryWrites writes;
    more = erasure.step(tables, 1, writes).value();
    tables.apply(std::move(writes));
  }
  const auto unnamed = store::unnamed_chunks(tables, chunks).value();
  EXPECT_EQ(std::set(unnamed.begin(), unnamed.end()), std::set(names.begin(), names.begin() + 2));
  EXPECT_EQ(store::read_upload(tables, "acme", kId).value(), std::nullopt);
  EXPECT_TRUE(store::read_upload(tables, "acme2", kId).value().has_value());
}

store::ChunkRequest request_of(std::size_t bytes) {
  return {.bytes = Bytes(bytes), .done = [](Result<log::StoredChunk>) {}};
}

TEST(ChunkQueue, WritesAndRemovalsTakeTurns) {
  store::ChunkQueue queue;
  for (int i = 0; i < 2; ++i) {
    store::ChunkRequest request = request_of(1);
    ASSERT_TRUE(queue.push(request));
  }
  queue.release({Hash256{1}, Hash256{2}});
  std::string order;
  while (auto job = queue.begin()) {
    order += std::holds_alternative<store::BlobName>(*job) ? 'r' : 'w';
    EXPECT_FALSE(queue.begin().has_value());  // one at a time
    queue.end();
  }
  EXPECT_EQ(order, "wrwr");
  EXPECT_TRUE(queue.idle());
}

TEST(ChunkQueue, TakesNoMoreThanItMay) {
  store::ChunkQueue queue(10);
  store::ChunkRequest large = request_of(11);
  EXPECT_TRUE(queue.push(large));  // one is taken whatever its size
  store::ChunkRequest next = request_of(1);
  EXPECT_FALSE(queue.push(next));
  EXPECT_EQ(next.bytes.size(), 1U);
  EXPECT_EQ(queue.bytes(), 11U);
}

TEST(ChunkQueue, WhatIsHeldIsNotRemovedAndIsLookedAtAfterwards) {
  store::ChunkQueue queue;
  const Hash256 name{1};
  queue.hold(name);
  queue.hold(name);
  EXPECT_FALSE(queue.may_remove(name));
  queue.let_go(name);
  EXPECT_FALSE(queue.may_remove(name));
  EXPECT_TRUE(queue.idle());
  queue.let_go(name);
  EXPECT_TRUE(queue.may_remove(name));
  EXPECT_EQ(std::get<store::BlobName>(*queue.begin()), name);
}

TEST(ChunkQueue, ForACopyNothingIsRemoved) {
  store::ChunkQueue queue;
  queue.hold_removals(true);
  queue.release({Hash256{1}});
  EXPECT_FALSE(queue.begin().has_value());
  EXPECT_TRUE(queue.idle());
  queue.hold_removals(false);
  EXPECT_TRUE(queue.begin().has_value());
}

}  // namespace
}  // namespace syncline::testing
