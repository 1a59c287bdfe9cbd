// The expected bytes were written by lib0 and Yjs 13.6.33.
#include <gtest/gtest.h>

#include "crdt/column_reader.h"
#include "crdt/column_writer.h"
#include "crdt/update_writer.h"
#include "support/hex.h"

namespace syncline::crdt {
namespace {

using test::from_hex;
using test::to_hex;

// A document with text, formatting, an embed, a map, XML, bytes and a subdocument.
constexpr const char* kDocV1 =
    "010c010004010174016184010005f09f98806246010004626f6c640474727565c60100010104626f6c64046e756c6c"
    "2801016d016b017d01a801060175027d0177017807010178030170070001080604000109017103010161010989010b"
    "01677600c5010501010b7b22737263223a2269227d01010200010403";
constexpr const char* kDocV2 =
    "00030003000241090701000c0402044c0300020015040084004600c6002800a8000701040003008900c51e167461f0"
    "9f988062626f6c64626f6c646d6b787071616741000344004105050102000101020306024100010c00787e7d017502"
    "7d017701780109760076010373726377016901010200000302";

Bytes rewrite(const DecodedUpdate& update, UpdateVersion version) {
  UpdateWriter writer(version);
  writer.begin_clients(update.clients.size());
  for (const auto& client : update.clients) {
    writer.begin_client(client.count, client.client, update.blocks[client.first].clock);
    for (std::uint32_t i = 0; i < client.count; ++i) writer.write(update.blocks[client.first + i]);
  }
  writer.write_deletes(update.deletes);
  return writer.take();
}

ErrorCode refusal_of(const std::string& hex, UpdateVersion version = UpdateVersion::kV1,
                     const UpdateLimits& limits = {}) {
  DecodedUpdate update;
  const auto decoded = decode_update(from_hex(hex), version, update, limits);
  EXPECT_FALSE(decoded) << hex;
  return decoded ? ErrorCode::kIo : decoded.error().code;
}

TEST(Columns, UnsignedRuns) {
  const std::uint64_t values[] = {0, 0, 0, 5, 7, 7, std::uint64_t{1} << 52};
  UintColumnWriter out;
  for (const auto value : values) out.write(value);
  const Bytes bytes = to_bytes(out.finish());
  EXPECT_EQ(to_hex(bytes), "40010547008080808080808010");
  bool failed = false;
  UintColumnReader in(ByteReader(bytes), failed);
  for (const auto value : values) EXPECT_EQ(in.read(), value);
  EXPECT_FALSE(failed);
  in.read();
  EXPECT_TRUE(failed);
}

TEST(Columns, ClockDifferences) {
  const Clock values[] = {3, 1100, 1101, 1102, 0, 0, 4294967295};
  ClockColumnWriter out;
  for (const auto value : values) out.write(value);
  const Bytes bytes = to_bytes(out.finish());
  EXPECT_EQ(to_hex(bytes), "0692220300dc2200beffffff3f");
  bool failed = false;
  ClockColumnReader in(ByteReader(bytes), failed);
  for (const auto value : values) EXPECT_EQ(in.read(), value);
  EXPECT_FALSE(failed);
}

TEST(Columns, ClocksBelowZeroFail) {
  bool failed = false;
  const Bytes bytes = from_hex("42");
  ClockColumnReader in(ByteReader(bytes), failed);
  in.read();
  EXPECT_TRUE(failed);
}

TEST(Columns, ByteRuns) {
  const std::uint8_t values[] = {1, 1, 1, 7, 8, 8};
  ByteColumnWriter out;
  for (const auto value : values) out.write(value);
  const Bytes bytes = to_bytes(out.finish());
  EXPECT_EQ(to_hex(bytes), "0102070008");
  bool failed = false;
  ByteColumnReader in(ByteReader(bytes), failed);
  for (const auto value : values) EXPECT_EQ(in.read(), value);
  EXPECT_EQ(in.read(), 8);
  EXPECT_FALSE(failed);
}

TEST(Columns, Strings) {
  const std::string_view values[] = {"a", "😀ü", "", "b", "b"};
  StringColumnWriter out;
  for (const auto value : values) out.write(value);
  ByteWriter written;
  out.finish_into(written);
  EXPECT_LE(written.size(), out.most_bytes());
  ByteReader read(written.view());
  const Bytes bytes = to_bytes(read.var_buffer());
  EXPECT_TRUE(read.at_end());
  EXPECT_EQ(to_hex(bytes), "0961f09f9880c3bc62620103004100");
  bool failed = false;
  StringColumnReader in(ByteReader(bytes), failed);
  for (const auto value : values) EXPECT_EQ(in.read().text, value);
  EXPECT_FALSE(failed);
}

TEST(Columns, AStringCutWithinAPair) {
  const Bytes bytes = from_hex("0661f09f9880624200");
  bool failed = false;
  StringColumnReader in(ByteReader(bytes), failed);
  const auto first = in.read();
  EXPECT_TRUE(first.text == "a" && !first.half_before && first.half_behind);
  const auto second = in.read();
  EXPECT_TRUE(second.text == "b" && second.half_before && !second.half_behind);
  EXPECT_FALSE(failed);
}

TEST(UpdateCodec, DecodesEveryField) {
  const Bytes bytes = from_hex(kDocV1);
  DecodedUpdate update;
  ASSERT_TRUE(decode_update(bytes, UpdateVersion::kV1, update));
  ASSERT_EQ(update.blocks.size(), 12U);
  const Block& first = update.blocks[0];
  EXPECT_EQ(first.kind, BlockKind::kString);
  EXPECT_EQ(first.parent_kind, ParentKind::kRoot);
  EXPECT_EQ(first.parent_name, "t");
  EXPECT_EQ(as_text(first.payload), "a");
  EXPECT_EQ(update.blocks[1].len, 3U);
  EXPECT_EQ(update.blocks[1].origin, (Id{1, 0}));
  EXPECT_EQ(update.blocks[2].name, "bold");
  EXPECT_EQ(to_hex(update.blocks[2].payload), "78");
  EXPECT_EQ(update.blocks[4].parent_sub, "k");
  EXPECT_TRUE(update.blocks[5].has_parent_sub);
  EXPECT_EQ(update.blocks[5].parent_kind, ParentKind::kNone);
  EXPECT_EQ(update.blocks[6].type, TypeKind::kXmlElement);
  EXPECT_EQ(update.blocks[6].name, "p");
  EXPECT_EQ(update.blocks[7].parent_id, (Id{1, 8}));
  EXPECT_EQ(*update.deletes.find(1), (IdSet::Ranges{{0, 1}, {4, 3}}));
}

TEST(UpdateCodec, WritesWhatYjsWrote) {
  DecodedUpdate update;  // reused
  for (int round = 0; round < 2; ++round) {
    const Bytes v1 = from_hex(kDocV1);
    ASSERT_TRUE(decode_update(v1, UpdateVersion::kV1, update));
    EXPECT_EQ(to_hex(rewrite(update, UpdateVersion::kV1)), kDocV1);
    EXPECT_EQ(to_hex(rewrite(update, UpdateVersion::kV2)), kDocV2);
    const Bytes v2 = from_hex(kDocV2);
    ASSERT_TRUE(decode_update(v2, UpdateVersion::kV2, update));
    EXPECT_EQ(to_hex(rewrite(update, UpdateVersion::kV2)), kDocV2);
    EXPECT_EQ(to_hex(rewrite(update, UpdateVersion::kV1)), kDocV1);
  }
}

TEST(UpdateCodec, AWriterIsReusable) {
  const Bytes v1 = from_hex(kDocV1);
  DecodedUpdate update;
  ASSERT_TRUE(decode_update(v1, UpdateVersion::kV1, update));
  UpdateWriter writer(UpdateVersion::kV2);
  for (int round = 0; round < 2; ++round) {
    writer.begin_clients(1);
    writer.begin_client(update.blocks.size(), 1, 0);
    for (const Block& block : update.blocks) writer.write(block);
    writer.write_deletes(update.deletes);
    EXPECT_EQ(to_hex(writer.take()), kDocV2);
  }
}

TEST(UpdateCodec, EveryTruncationIsRefused) {
  DecodedUpdate update;
  const Bytes v1 = from_hex(kDocV1);
  for (std::size_t size = 0; size < v1.size(); ++size)
    EXPECT_FALSE(decode_update(ByteView(v1).first(size), UpdateVersion::kV1, update)) << size;
  const Bytes v2 = from_hex(kDocV2);
  for (std::size_t size = 0; size < v2.size(); ++size)
    EXPECT_FALSE(decode_update(ByteView(v2).first(size), UpdateVersion::kV2, update)) << size;
}

TEST(UpdateCodec, RefusesWhatNoEncoderWrites) {
  const std::string text = "040101740161";  // a string in the root type "t"
  EXPECT_EQ(refusal_of("01010900" + text + "0000"), ErrorCode::kMalformed);  // bytes behind
  EXPECT_EQ(refusal_of("02010900" + text + "010901" + text + "00"), ErrorCode::kMalformed);
  EXPECT_EQ(refusal_of("010109000b0100"), ErrorCode::kMalformed);  // unknown kind
  EXPECT_EQ(refusal_of("01010900800100"), ErrorCode::kMalformed);  // a forgotten block with origin
  EXPECT_EQ(refusal_of("01010900040201740161"
                       "00"),
            ErrorCode::kMalformed);  // unknown parent
  EXPECT_EQ(refusal_of("010109008409000161"
                       "00"),
            ErrorCode::kMalformed);  // its own origin
  EXPECT_EQ(refusal_of("0101090007010174"
                       "0700"),
            ErrorCode::kMalformed);  // unknown type
  EXPECT_EQ(refusal_of("010109000501017403"
                       "7b7d7d"
                       "00"),
            ErrorCode::kMalformed);  // bad JSON
  EXPECT_EQ(refusal_of("0101090004010174"
                       "01ff"
                       "00"),
            ErrorCode::kMalformed);  // bad UTF-8
  EXPECT_EQ(refusal_of("000201000002010000"), ErrorCode::kMalformed);
  EXPECT_EQ(refusal_of("0101098080808010" + text + "00"), ErrorCode::kTooLarge);
  EXPECT_EQ(refusal_of("010109ffffffff0f" + text + "00"), ErrorCode::kTooLarge);
}

TEST(UpdateCodec, BlocksWithoutLengthAreLeftOut) {
  const Bytes bytes = from_hex(
      "02"
      "02090000000001"
      "00070000");
  DecodedUpdate update;
  ASSERT_TRUE(decode_update(bytes, UpdateVersion::kV1, update));
  ASSERT_EQ(update.blocks.size(), 1U);
  EXPECT_EQ(update.clients.size(), 1U);
}

// Columns by hand: client 9, GC for ever, length 1 in a run of 2^40.
TEST(UpdateCodec, RunsDoNotInflate) {
  const std::string lens =
      "4180808080"
      "8020";
  const std::string update =
      "00"
      "00"
      "0109"
      "00"
      "00"
      "0100"
      "0100"
      "00"
      "00"
      "07" +
      lens +
      "01"
      "808080808020"
      "00"
      "00";
  EXPECT_EQ(refusal_of(update, UpdateVersion::kV2, {.max_run_blocks = 1000}), ErrorCode::kTooLarge);
}

TEST(UpdateCodec, LimitsHold) {
  EXPECT_EQ(refusal_of(kDocV1, UpdateVersion::kV1, {.max_bytes = 10}), ErrorCode::kTooLarge);
  EXPECT_EQ(refusal_of(kDocV1, UpdateVersion::kV1, {.max_blocks = 11}), ErrorCode::kTooLarge);
}

// Two strings of client 9 in the root type "t", one of them "a" and half of a pair.
TEST(UpdateCodec, HalfCharactersBecomeReplacements) {
  UpdateWriter writer(UpdateVersion::kV2);
  Block block;
  block.kind = BlockKind::kString;
  block.client = 9;
  block.parent_kind = ParentKind::kRoot;
  block.parent_name = "t";
  block.payload = as_bytes("a😀");
  block.len = 2;
  writer.begin_clients(1);
  writer.begin_client(2, 9, 0);
  writer.write(block);
  block.clock = 2;
  block.parent_name = "";
  block.payload = as_bytes("b");
  writer.write(block);
  writer.write_deletes({});
  const Bytes bytes = writer.take();

  DecodedUpdate update;
  ASSERT_TRUE(decode_update(bytes, UpdateVersion::kV2, update));
  EXPECT_EQ(as_text(update.blocks[0].payload), "a\xEF\xBF\xBD");
  EXPECT_EQ(as_text(update.blocks[1].payload),
            "\xEF\xBF\xBD"
            "b");
}

TEST(StateVector, RoundTrips) {
  StateVector vector;
  vector.set(1, 14);
  vector.set(kMaxClientId, 4294967295);
  const Bytes bytes = encode_state_vector(vector);
  EXPECT_EQ(to_hex(bytes), "02ffffffffffffff0fffffffff0f010e");
  EXPECT_EQ(decode_state_vector(bytes), vector);
  EXPECT_FALSE(decode_state_vector(from_hex("0201")));
  EXPECT_FALSE(decode_state_vector(from_hex("0000")));
  EXPECT_FALSE(decode_state_vector(from_hex("01018080808010")));
  EXPECT_FALSE(decode_state_vector(Bytes{}));
}

TEST(DeleteSet, RoundTrips) {
  DeleteSet deletes;
  deletes.add(1, 0, 1);
  deletes.add(1, 4, 3);
  deletes.add(300, 7, 1);
  const Bytes v1 = encode_delete_set(deletes, UpdateVersion::kV1);
  EXPECT_EQ(to_hex(v1), "02ac02010701010200010403");
  EXPECT_EQ(decode_delete_set(v1, UpdateVersion::kV1), deletes);
  const Bytes v2 = encode_delete_set(deletes, UpdateVersion::kV2);
  EXPECT_EQ(to_hex(v2), "02ac02010700010200000302");
  EXPECT_EQ(decode_delete_set(v2, UpdateVersion::kV2), deletes);
}

TEST(DeleteSet, IsBroughtIntoOrder) {
  const auto deletes = decode_delete_set(from_hex("0101030502000302"
                                                  "01"),
                                         UpdateVersion::kV1);
  ASSERT_TRUE(deletes);
  EXPECT_EQ(*deletes->find(1), (IdSet::Ranges{{0, 3}, {5, 2}}));
  EXPECT_FALSE(decode_delete_set(from_hex("02010100010101"
                                          "0501"),
                                 UpdateVersion::kV1));
}

}  // namespace
}  // namespace syncline::crdt
