#include "protocol/y_sync.h"

#include <gtest/gtest.h>

namespace syncline::protocol {
namespace {

TEST(YSync, SyncMessagesRoundTrip) {
  const Bytes payload{1, 2, 3};
  for (const SyncKind kind : {SyncKind::kStep1, SyncKind::kStep2, SyncKind::kUpdate}) {
    const Bytes message = encode_y_sync(kind, payload);
    EXPECT_EQ(message, (Bytes{0, static_cast<std::uint8_t>(kind), 3, 1, 2, 3}));
    auto decoded = decode_y_message(message);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->kind, YMessage::Kind::kSync);
    EXPECT_EQ(decoded->sync, kind);
    EXPECT_EQ(to_bytes(decoded->payload), payload);
  }
}

TEST(YSync, AwarenessAndQuery) {
  const Bytes update{9};
  EXPECT_EQ(encode_y_awareness(update), (Bytes{1, 1, 9}));
  EXPECT_EQ(decode_y_message(Bytes{1, 1, 9})->kind, YMessage::Kind::kAwareness);
  EXPECT_EQ(decode_y_message(Bytes{3})->kind, YMessage::Kind::kQueryAwareness);
  EXPECT_EQ(encode_y_denied("no"), (Bytes{2, 0, 2, 'n', 'o'}));
  EXPECT_EQ(encode_y_saved(2), (Bytes{100, 2}));
}

TEST(YSync, UnknownTypesAreIgnoredNotRefused) {
  EXPECT_EQ(decode_y_message(Bytes{77, 1, 2})->kind, YMessage::Kind::kUnknown);
}

TEST(YSync, MalformedMessagesAreRefused) {
  for (const Bytes& bad :
       {Bytes{}, Bytes{0}, Bytes{0, 0}, Bytes{0, 2, 5, 1}, Bytes{0, 3, 0}, Bytes{1}, Bytes{1, 4, 1},
        Bytes{0, 2, 1, 1, 1}, Bytes{0x80}, Bytes{3, 0}}) {
    auto decoded = decode_y_message(bad);
    ASSERT_FALSE(decoded) << ::testing::PrintToString(bad);
    EXPECT_EQ(decoded.error().code, ErrorCode::kMalformed);
  }
}

TEST(YSync, AStatusIsAKindAndAReason) {
  EXPECT_EQ(encode_y_status(YStatus::kReads, ""), (Bytes{101, 0, 0}));
  EXPECT_EQ(encode_y_status(YStatus::kRefusedChange, "no"), (Bytes{101, 3, 2, 'n', 'o'}));
  EXPECT_EQ(decode_y_message(Bytes{101, 0, 0})->kind, YMessage::Kind::kUnknown)
      << "it means nothing from a client";
}

// What the Rust clients send first: a step 1 and their awareness in one WebSocket message.
TEST(YSync, AFrameHoldsMessagesOneAfterTheOther) {
  const Bytes step1 = encode_y_sync(SyncKind::kStep1, Bytes{0});
  const Bytes awareness = encode_y_awareness(Bytes{0});
  Bytes frame = step1;
  frame.insert(frame.end(), awareness.begin(), awareness.end());
  frame.push_back(3);
  ASSERT_TRUE(check_y_frame(frame));
  ByteView rest = frame;
  EXPECT_EQ(take_y_message(rest)->kind, YMessage::Kind::kSync);
  EXPECT_EQ(take_y_message(rest)->kind, YMessage::Kind::kAwareness);
  EXPECT_EQ(take_y_message(rest)->kind, YMessage::Kind::kQueryAwareness);
  EXPECT_TRUE(rest.empty());
}

TEST(YSync, AFrameIsCheckedToItsEnd) {
  EXPECT_EQ(check_y_frame(Bytes{}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(check_y_frame(Bytes{3, 3, 0}).error().code, ErrorCode::kMalformed);
  EXPECT_TRUE(check_y_frame(Bytes{3, 77, 0, 0})) << "an unknown type takes the rest";
  EXPECT_TRUE(check_y_frame(Bytes(kMaxYMessagesInFrame, 3)));
  EXPECT_EQ(check_y_frame(Bytes(kMaxYMessagesInFrame + 1, 3)).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace syncline::protocol
