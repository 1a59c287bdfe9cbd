// The bytes of a blob's file, and the entry of a snapshot that names one.
#include "store/blob_file.h"

#include <gtest/gtest.h>

#include <string>

#include "store/contents.h"
#include "store/memory_blobs.h"
#include "store/memory_tables.h"

namespace syncline::testing {
namespace {

using store::BlobName;

Bytes blob_content(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

Bytes file_of(const BlobName& name, ByteView content) {
  Bytes file;
  EXPECT_TRUE(store::write_blob(name, content, [&](ByteView piece) -> Result<void> {
    file.insert(file.end(), piece.begin(), piece.end());
    return {};
  }));
  return file;
}

TEST(BlobFile, GivesBackWhatWasWritten) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, store::kBlobChunkBytes - 1, store::kBlobChunkBytes,
        store::kBlobChunkBytes + 1, 3 * store::kBlobChunkBytes + 5}) {
    const Bytes content = blob_content(size);
    const BlobName name = store::blob_name(content);
    const Bytes file = file_of(name, content);
    EXPECT_EQ(file.size(), store::blob_file_bytes(size));
    EXPECT_EQ(store::read_blob(name, file), content) << size;
  }
}

TEST(BlobFile, AnyChangedByteIsFound) {
  const Bytes content = blob_content(300);
  const BlobName name = store::blob_name(content);
  const Bytes file = file_of(name, content);
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const int flip : {1, 16, 128, 255}) {
      Bytes damaged = file;
      damaged[i] ^= static_cast<std::uint8_t>(flip);
      EXPECT_FALSE(store::read_blob(name, damaged)) << i;
    }
    EXPECT_FALSE(store::read_blob(name, Bytes(file.begin(), file.begin() + static_cast<long>(i))));
  }
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_FALSE(store::read_blob(name, longer));
}

TEST(BlobFile, AChunkOfAnotherPlaceOrAnotherBlobIsFound) {
  const Bytes content = blob_content(2 * store::kBlobChunkBytes);
  const BlobName name = store::blob_name(content);
  const Bytes file = file_of(name, content);
  const auto chunk = static_cast<long>(store::kBlobChunkBytes + 4);
  Bytes swapped = file;
  const auto first = swapped.begin() + static_cast<long>(store::kBlobHeadBytes);
  std::swap_ranges(first, first + chunk, first + chunk);
  EXPECT_FALSE(store::read_blob(name, swapped));
  EXPECT_FALSE(store::read_blob(store::blob_name(blob_content(1)), file));
}

TEST(BlobFile, StopsAtTheFirstErrorOfWhoTakesThePieces) {
  const Bytes content = blob_content(3 * store::kBlobChunkBytes);
  int pieces = 0;
  const auto written =
      store::write_blob(store::blob_name(content), content, [&](ByteView) -> Result<void> {
        return ++pieces < 3 ? Result<void>() : fail(ErrorCode::kUnavailable, "full");
      });
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(pieces, 3);
}

TEST(SnapshotEntry, SaysWhereTheContentIsAndAnyFlippedByteIsFound) {
  const std::string key = store::object_key(1, "a", 9);
  const store::ApartContent apart{store::blob_name(blob_content(77)), 77};
  for (const log::Position base : {0u, 4u}) {
    log::Snapshot snapshot{9, {}, 300, 0};
    snapshot.base = base;
    snapshot.type = "doc";
    snapshot.generation = 2;
    const std::string value = store::encode_snapshot(key, snapshot, apart);
    EXPECT_LT(value.size(), 80u);
    const auto kept = store::decode_snapshot(key, value);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->apart, apart);
    EXPECT_EQ(kept->base, base);
    EXPECT_EQ(kept->bytes_since_milestone, 300u);
    EXPECT_EQ(kept->type, "doc");
    EXPECT_EQ(kept->generation, 2u);
    EXPECT_TRUE(kept->bytes.empty());
    EXPECT_EQ(store::snapshot_base(value), base);
    for (std::size_t i = 0; i < value.size(); ++i) {
      std::string damaged = value;
      damaged[i] ^= 1;
      EXPECT_FALSE(store::decode_snapshot(key, damaged)) << i;
      EXPECT_FALSE(store::decode_snapshot(key, value.substr(0, i)));
    }
    EXPECT_FALSE(store::decode_snapshot(store::object_key(1, "b", 9), value));
  }
  // A milestone that is a delta, and more content than there can be.
  log::Snapshot milestone{9, {}, 0, 0};
  milestone.base = 4;
  EXPECT_FALSE(store::decode_snapshot(key, store::encode_snapshot(key, milestone, apart)));
  milestone.base = 0;
  const store::ApartContent huge{apart.name, store::kMaxBlobBytes + 1};
  EXPECT_FALSE(store::decode_snapshot(key, store::encode_snapshot(key, milestone, huge)));
}

TEST(SnapshotEntry, ABlobOfAnotherSizeIsDamaged) {
  store::MemoryBlobs blobs;
  const store::MemoryTables tables(blobs);
  const Bytes content = blob_content(50);
  const BlobName name = store::blob_name(content);
  blobs.write(name, content, [](Result<void> ok) { EXPECT_TRUE(ok); });
  store::KeptSnapshot kept;
  kept.apart = store::ApartContent{name, 50};
  EXPECT_EQ(store::content_of(tables, kept).value(), content);
  kept.apart->size = 51;
  EXPECT_EQ(store::content_of(tables, kept).value(), std::nullopt);
}

TEST(BlobKey, HoldsTheNameAndTheEntry) {
  const BlobName name = store::blob_name(blob_content(5));
  const std::string entry = store::object_key(7, "notes/plan", 12);
  const std::string key = store::blob_key(name, entry);
  const auto parsed = store::parse_blob_key(key);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name, name);
  EXPECT_EQ(parsed->entry, entry);
  EXPECT_FALSE(store::parse_blob_key(key.substr(0, 20)));
  EXPECT_FALSE(store::parse_blob_key("c/" + key));
}

}  // namespace
}  // namespace syncline::testing
