#include "log/audit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace syncline::log {
namespace {

AuditEntry some_entry() {
  return {.kind = AuditEntry::Kind::kRefusal,
          .unix_ms = 1'770'000'000'000,
          .count = 7,
          .principal = "ann",
          .token = "t-1",
          .address = "203.0.113.5",
          .right = "write",
          .request = "PUT /v1/x",
          .workspace = "notes",
          .object = "plan",
          .status = 403,
          .reason = "this token may read only"};
}

TEST(AuditLog, EntriesComeBack) {
  const std::vector<AuditEntry> entries{some_entry(), {.unix_ms = 1}, some_entry()};
  const auto decoded = decode_audit(encode_audit(entries));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, entries);
}

TEST(AuditLog, NoPartOfAnEventIsAnEvent) {
  const AuditEntry entry = some_entry();
  Bytes bytes = encode_audit({&entry, 1});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_audit(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_EQ(decode_audit(bytes).error().code, ErrorCode::kMalformed);
}

TEST(AuditLog, WhatCannotBeIsRefused) {
  const AuditEntry entry = some_entry();
  const Bytes good = encode_audit({&entry, 1});
  Bytes newer = good;
  newer[0] = 2;
  EXPECT_EQ(decode_audit(newer).error().code, ErrorCode::kUnsupported);
  Bytes none = good;
  none[1] = 0;
  EXPECT_FALSE(decode_audit(none));
  Bytes kind = good;
  kind[2] = 4;
  EXPECT_FALSE(decode_audit(kind));
  AuditEntry never = some_entry();
  never.count = 0;
  EXPECT_FALSE(decode_audit(encode_audit({&never, 1})));
  AuditEntry longer = some_entry();
  longer.reason.assign(kMaxAuditTextBytes + 1, 'x');
  EXPECT_FALSE(decode_audit(encode_audit({&longer, 1})));
  cut_texts(longer);
  EXPECT_TRUE(decode_audit(encode_audit({&longer, 1})));
}

TEST(AuditLog, TextsAreCutBetweenCharacters) {
  AuditEntry entry;
  entry.object = std::string(kMaxAuditTextBytes - 1, 'x') + "é";
  cut_texts(entry);
  EXPECT_EQ(entry.object, std::string(kMaxAuditTextBytes - 1, 'x'));
}

TEST(AuditLog, AlikeIsAllButTimeAndNumber) {
  const AuditEntry entry = some_entry();
  AuditEntry other = entry;
  other.unix_ms += 1;
  other.count += 1;
  EXPECT_TRUE(are_alike(entry, other));
  other.reason += "!";
  EXPECT_FALSE(are_alike(entry, other));
  other = entry;
  other.status = 404;
  EXPECT_FALSE(are_alike(entry, other));
  other = entry;
  other.kind = AuditEntry::Kind::kAct;
  EXPECT_FALSE(are_alike(entry, other));
}

TEST(AuditLog, OnlyItsOwnEventsAreRead) {
  const AuditEntry entry = some_entry();
  Event event;
  event.object = "audit";
  event.intent = encode_audit({&entry, 1});
  EXPECT_EQ(audit_in(event)->value()[0], entry);
  event.dropped_payload = Hash256{};
  EXPECT_EQ(audit_in(event).error().code, ErrorCode::kInvalid);
  event.object = "other";
  EXPECT_FALSE(audit_in(event)->has_value());
}

}  // namespace
}  // namespace syncline::log
