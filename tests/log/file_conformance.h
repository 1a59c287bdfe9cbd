// What every store that has files must do for them (log/file_store.h). Fixtures are those of log/event_log_conformance.h,
// and count the stored chunks with `chunks()`.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/qualified_name.h"
#include "log/blocking_log.h"
#include "log/file_store.h"
#include "log/file_version.h"
#include "log/log_backend.h"
#include "log/test_loop.h"

namespace syncline::testing {

// `size` bytes that differ for each `seed`, also from chunk to chunk.
inline Bytes file_bytes(std::size_t size, std::uint32_t seed) {
  Bytes bytes(size);
  std::uint32_t state = seed;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

template <typename Fixture>
class FileConformance : public ::testing::Test {
 protected:
  FileConformance() { store_ = fixture_.open(loop_); }
  ~FileConformance() override { store_.reset(); }

  void restart() {
    store_.reset();
    fixture_.restart();
    store_ = fixture_.open(loop_);
  }

  log::FileStore& files() { return store_->files(); }
  BlockingLog log() { return {*store_, loop_}; }

  static log::Upload new_upload(const std::string& id) {
    log::Upload upload{.id = id, .workspace = "w", .object = "o"};
    upload.id.resize(log::kUploadIdBytes, '\xff');  // ids are any bytes
    upload.expires_ms = 4'000'000'000'000;  // in the year 2096
    upload.hashed = Sha256().state();
    return upload;
  }

  Result<void> begin(const log::Upload& upload, const std::string& tenant = "") {
    return await<void>(loop_,
                       [&](auto done) { files().begin_upload(tenant, upload, std::move(done)); });
  }
  Result<log::StoredChunk> store(Bytes bytes, const std::string& tenant = "",
                                 const Sha256::State& before = Sha256().state()) {
    return await<log::StoredChunk>(loop_, [&](auto done) {
      files().store_chunk(tenant, std::move(bytes), before, std::move(done));
    });
  }
  Result<void> advance(const log::Upload& upload, std::vector<Hash256> more,
                       const std::string& tenant = "") {
    return await<void>(loop_, [&](auto done) {
      files().advance_upload(tenant, upload, std::move(more), std::move(done));
    });
  }
  Result<void> finish(const std::string& id, const Hash256& file, const std::string& tenant = "") {
    return await<void>(
        loop_, [&](auto done) { files().finish_upload(tenant, id, file, std::move(done)); });
  }
  Result<void> end(const std::string& id, const std::string& tenant = "") {
    return await<void>(loop_, [&](auto done) { files().end_upload(tenant, id, std::move(done)); });
  }
  std::optional<log::Upload> upload_of(const std::string& id, const std::string& tenant = "") {
    return await<std::optional<log::Upload>>(
               loop_, [&](auto done) { files().load_upload(tenant, id, std::move(done)); })
        .value();
  }
  std::optional<log::StoredFile> file_of(const Hash256& file, const std::string& tenant = "") {
    return await<std::optional<log::StoredFile>>(
               loop_, [&](auto done) { files().load_file(tenant, file, std::move(done)); })
        .value();
  }
  Result<Bytes> chunk(const std::string& list, std::uint64_t index,
                      const std::string& tenant = "") {
    return await<Bytes>(
        loop_, [&](auto done) { files().load_chunk(tenant, list, index, std::move(done)); });
  }
  Bytes all_of(const log::StoredFile& file, const std::string& tenant = "") {
    Bytes bytes;
    for (std::uint64_t i = 0; i < file.chunks(); ++i) {
      const Bytes more = chunk(file.list, i, tenant).value();
      bytes.insert(bytes.end(), more.begin(), more.end());
    }
    return bytes;
  }

  // Takes the bytes into the upload, in one step.
  void send(log::Upload& upload, ByteView bytes, const std::string& tenant = "") {
    std::vector<log::StoredChunk> held;
    std::vector<Hash256> more;
    for (; bytes.size() >= log::kFileChunkBytes; bytes = bytes.subspan(log::kFileChunkBytes)) {
      const ByteView whole = bytes.first(log::kFileChunkBytes);
      held.push_back(store(to_bytes(whole), tenant, upload.hashed).value());
      more.push_back(held.back().name);
      upload.hashed = held.back().hashed;
      ++upload.chunks;
    }
    if (!bytes.empty()) {
      held.push_back(store(to_bytes(bytes), tenant).value());
      upload.tail = {held.back().name, bytes.size()};
    }
    ASSERT_TRUE(advance(upload, std::move(more), tenant));
  }

  // An upload of these bytes, which has become a file.
  log::Upload uploaded(const std::string& id, ByteView bytes, const std::string& tenant = "") {
    log::Upload upload = new_upload(id);
    EXPECT_TRUE(begin(upload, tenant));
    send(upload, bytes, tenant);
    EXPECT_TRUE(finish(upload.id, sha256(bytes), tenant));
    return upload;
  }

  void put_version(const std::string& object, ByteView bytes, const std::string& tenant = "") {
    log::Event event = sample_event(object, "");
    event.type = log::kFileType;
    event.intent = log::encode_file_version(
        {.hash = sha256(bytes), .bytes = bytes.size(), .media_type = "image/png"});
    ASSERT_TRUE(log().add(qualified(tenant, "w"), event));
  }

  // What is removed is removed soon.
  bool become(std::size_t chunks) {
    for (int i = 0; i < 500 && fixture_.chunks() != chunks; ++i) {
      static_cast<void>(log().head("w"));  // a store without threads goes on in a call
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return fixture_.chunks() == chunks;
  }

  static constexpr std::size_t kTwoAndSome = 2 * log::kFileChunkBytes + 1000;

  TestLoop loop_;
  Fixture fixture_;
  std::unique_ptr<log::LoopStore> store_;
};

TYPED_TEST_SUITE_P(FileConformance);

TYPED_TEST_P(FileConformance, AFileIsWhatItsUploadGot) {
  const Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  log::Upload upload = this->new_upload("a");
  upload.length = bytes.size();
  upload.media_type = "text/plain";
  upload.metadata = "filename YQ==";
  ASSERT_TRUE(this->begin(upload));
  EXPECT_EQ(this->upload_of(upload.id), upload);
  // The first step ends within the first chunk.
  this->send(upload, ByteView(bytes).first(700));
  this->restart();
  EXPECT_EQ(this->upload_of(upload.id), upload);
  EXPECT_EQ(upload.bytes(), 700U);
  const auto tail = await<Bytes>(
      this->loop_, [&](auto done) { this->files().load_tail(*upload.tail, std::move(done)); });
  EXPECT_EQ(tail.value(), to_bytes(ByteView(bytes).first(700)));
  upload.tail.reset();
  this->send(upload, bytes);
  EXPECT_EQ(upload.bytes(), bytes.size());
  Sha256 hash(upload.hashed);
  hash.update(ByteView(bytes).subspan(2 * log::kFileChunkBytes));
  EXPECT_EQ(hash.finish(), sha256(bytes));
  ASSERT_TRUE(this->finish(upload.id, sha256(bytes)));
  this->restart();
  const auto file = this->file_of(sha256(bytes));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->bytes, bytes.size());
  EXPECT_EQ(this->all_of(*file), bytes);
  EXPECT_EQ(this->chunk(file->list, 3).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->upload_of(upload.id)->file, sha256(bytes));
  EXPECT_TRUE(this->become(3));  // the first tail has gone
}

TYPED_TEST_P(FileConformance, EqualBytesAreStoredOnceInATenantAndApartInAnother) {
  const Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  this->uploaded("a", bytes);
  EXPECT_EQ(this->fixture_.chunks(), 3U);
  this->uploaded("b", bytes);
  EXPECT_TRUE(this->become(3));
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes)).value()), bytes);
  EXPECT_FALSE(this->file_of(sha256(bytes), "other").has_value());
  this->uploaded("a", bytes, "other");
  EXPECT_EQ(this->fixture_.chunks(), 6U);
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes), "other").value(), "other"), bytes);
}

TYPED_TEST_P(FileConformance, AFileStaysAsLongAsAnUploadOrAnEventHasIt) {
  const Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  const log::Upload first = this->uploaded("a", bytes);
  const log::Upload second = this->uploaded("b", bytes);
  ASSERT_TRUE(this->end(first.id));
  EXPECT_TRUE(this->become(3));
  this->put_version("logo", bytes);
  ASSERT_TRUE(this->end(second.id));
  EXPECT_TRUE(this->file_of(sha256(bytes)).has_value());
  this->restart();
  EXPECT_TRUE(this->file_of(sha256(bytes)).has_value());
  const auto erased = await<log::ErasedPayloads>(this->loop_, [&](auto done) {
    this->store_->retention().erase_object("w", {.object = "logo", .to = 1}, std::move(done));
  });
  ASSERT_TRUE(erased && erased->done);
  EXPECT_TRUE(this->become(0));
  EXPECT_FALSE(this->file_of(sha256(bytes)).has_value());
}

TYPED_TEST_P(FileConformance, AnUploadThatIsOverKeepsNothing) {
  const Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  log::Upload upload = this->uploaded("a", bytes);
  this->put_version("logo", bytes);
  ASSERT_TRUE(await<void>(
      this->loop_, [&](auto done) { this->files().close_upload("", upload.id, std::move(done)); }));
  EXPECT_TRUE(this->upload_of(upload.id)->done);
  // Its list is that of the file, which stays when the upload expires.
  ASSERT_TRUE(this->end(upload.id));
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes)).value()), bytes);
  EXPECT_EQ(this->fixture_.chunks(), 3U);
}

TYPED_TEST_P(FileConformance, AChunkOfTwoFilesStaysAsLongAsOneHasIt) {
  Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  const log::Upload first = this->uploaded("a", bytes);
  bytes.back() ^= 1;
  const log::Upload second = this->uploaded("b", bytes);
  EXPECT_EQ(this->fixture_.chunks(), 4U);
  ASSERT_TRUE(this->end(first.id));
  EXPECT_TRUE(this->become(3));
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes)).value()), bytes);
  ASSERT_TRUE(this->end(second.id));
  EXPECT_TRUE(this->become(0));
}

TYPED_TEST_P(FileConformance, AnUploadThatIsEndedLeavesNothing) {
  const Bytes bytes = file_bytes(this->kTwoAndSome, 1);
  log::Upload upload = this->new_upload("a");
  ASSERT_TRUE(this->begin(upload));
  this->send(upload, bytes);
  EXPECT_EQ(this->fixture_.chunks(), 3U);
  ASSERT_TRUE(this->end(upload.id));
  EXPECT_FALSE(this->upload_of(upload.id).has_value());
  EXPECT_TRUE(this->become(0));
  EXPECT_TRUE(this->end(upload.id));
  EXPECT_EQ(this->advance(upload, {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->finish(upload.id, sha256(bytes)).error().code, ErrorCode::kNotFound);
}

TYPED_TEST_P(FileConformance, AStepThatDoesNotContinueTheUploadIsRefused) {
  log::Upload upload = this->new_upload("a");
  ASSERT_TRUE(this->begin(upload));
  EXPECT_EQ(this->begin(upload).error().code, ErrorCode::kConflict);
  upload.chunks = 2;
  EXPECT_EQ(this->advance(upload, {Hash256{}}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(this->store({}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->store(Bytes(log::kFileChunkBytes + 1)).error().code, ErrorCode::kInvalid);
}

TYPED_TEST_P(FileConformance, AChunkThatIsHeldForACommitIsNotRemoved) {
  const Bytes bytes = file_bytes(1000, 1);
  const log::Upload other = this->uploaded("a", bytes);
  log::Upload upload = this->new_upload("b");
  ASSERT_TRUE(this->begin(upload));
  auto held = this->store(bytes).value();
  ASSERT_TRUE(this->end(other.id));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // time enough to remove it
  EXPECT_EQ(this->fixture_.chunks(), 1U);
  upload.tail = {held.name, bytes.size()};
  ASSERT_TRUE(this->advance(upload, {}));
  held.hold.reset();
  ASSERT_TRUE(this->finish(upload.id, sha256(bytes)));
  EXPECT_TRUE(this->become(1));
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes)).value()), bytes);
  ASSERT_TRUE(this->end(upload.id));
  EXPECT_TRUE(this->become(0));
}

TYPED_TEST_P(FileConformance, AChunkThatNothingHasNamedGoesWhenItIsLetGo) {
  auto held = this->store(file_bytes(1000, 1)).value();
  EXPECT_EQ(this->fixture_.chunks(), 1U);
  held.hold.reset();
  this->uploaded("a", file_bytes(1000, 2));  // a store without threads looks at its next work
  EXPECT_TRUE(this->become(1));
}

TYPED_TEST_P(FileConformance, RetentionKeepsTheFilesOfTheStatesThatItKeeps) {
  const Bytes bytes[] = {file_bytes(10, 1), file_bytes(10, 2), file_bytes(10, 3)};
  for (std::size_t i = 0; i < 3; ++i) {
    const log::Upload upload = this->uploaded(std::to_string(i), bytes[i]);
    this->put_version("logo", bytes[i]);
    ASSERT_TRUE(this->end(upload.id));
  }
  ASSERT_TRUE(this->become(3));
  // The state at 2 is kept, and what comes after it.
  ASSERT_TRUE(await<void>(this->loop_, [&](auto done) {
    this->store_->snapshots().put_snapshot(
        "w", "logo", {.position = 2, .bytes = file_bytes(10, 9), .type = "blob", .generation = 1},
        std::move(done));
  }));
  ASSERT_TRUE(await<log::Retention>(this->loop_, [&](auto done) {
    this->store_->retention().raise_floor("w", 2, std::move(done));
  }));
  ASSERT_TRUE(await<log::DroppedPayloads>(this->loop_, [&](auto done) {
    this->store_->retention().drop_payloads("w", 2, {}, std::move(done));
  }));
  EXPECT_TRUE(this->become(2));
  EXPECT_FALSE(this->file_of(sha256(bytes[0])).has_value());
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes[1])).value()), bytes[1]);
  EXPECT_EQ(this->all_of(this->file_of(sha256(bytes[2])).value()), bytes[2]);
}

REGISTER_TYPED_TEST_SUITE_P(
    FileConformance, AFileIsWhatItsUploadGot, EqualBytesAreStoredOnceInATenantAndApartInAnother,
    AFileStaysAsLongAsAnUploadOrAnEventHasIt, AnUploadThatIsOverKeepsNothing,
    AChunkOfTwoFilesStaysAsLongAsOneHasIt, AnUploadThatIsEndedLeavesNothing,
    AStepThatDoesNotContinueTheUploadIsRefused, AChunkThatIsHeldForACommitIsNotRemoved,
    AChunkThatNothingHasNamedGoesWhenItIsLetGo, RetentionKeepsTheFilesOfTheStatesThatItKeeps);

}  // namespace syncline::testing
