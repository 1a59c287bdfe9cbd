#include "log/session_record.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::log {
namespace {

SessionRecord some_record() {
  return {.rights = {"read", "write"},
          .groups = {"finance", "staff"},
          .source = "jwt",
          .issuer = "https://id.example",
          .token = "t-1",
          .address = "203.0.113.5",
          .origin = "https://app.example",
          .protocol = "y-websocket",
          .issued_ms = 1'770'000'000'000,
          .expires_ms = 1'770'000'600'000};
}

TEST(SessionRecord, ComesBack) {
  EXPECT_EQ(decode_session(encode_session(some_record())).value(), some_record());
  EXPECT_EQ(decode_session(encode_session({})).value(), SessionRecord{});
}

TEST(SessionRecord, NoPartOfOneIsOne) {
  Bytes bytes = encode_session(some_record());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_session(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_EQ(decode_session(bytes).error().code, ErrorCode::kMalformed);
  bytes.pop_back();
  bytes[0] = 2;
  EXPECT_EQ(decode_session(bytes).error().code, ErrorCode::kUnsupported);
}

TEST(SessionRecord, IsBounded) {
  SessionRecord record = some_record();
  record.origin = "a" + std::string(kMaxSessionTextBytes, 'x');
  record.groups.assign(kMaxSessionGroups + 1, "g");
  const SessionRecord kept = decode_session(encode_session(record)).value();
  EXPECT_EQ(kept.origin.size(), kMaxSessionTextBytes);
  EXPECT_EQ(kept.groups.size(), kMaxSessionGroups);
}

TEST(SessionRecord, IsFoundInItsEventAlone) {
  Event event;
  event.intent = encode_session(some_record());
  EXPECT_FALSE(session_in(event).value());
  event.kind = EventKind::kSession;
  EXPECT_EQ(**session_in(event), some_record());
  event.dropped_payload = Hash256{};
  EXPECT_EQ(session_in(event).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace syncline::log
