#include "state/audit_object.h"

#include <gtest/gtest.h>

#include <vector>

#include "log/audit.h"

namespace syncline::state {
namespace {

using log::AuditEntry;

Bytes two_kinds() {
  const std::vector<AuditEntry> entries{{.unix_ms = 1},
                                        {.kind = AuditEntry::Kind::kRefusal, .count = 40}};
  return log::encode_audit(entries);
}

TEST(AuditObject, CountsItsEntries) {
  const auto object = audit_type().create();
  EXPECT_EQ(object->to_json(), R"({"acts":0,"refusals":0,"exports":0,"reads":0})");
  for (int i = 1; i <= 2; ++i) {
    const auto prepared = object->prepare(two_kinds());
    ASSERT_TRUE(prepared && prepared->changes);
    ASSERT_EQ(prepared->effect.touches.size(), 1u);
    EXPECT_EQ(prepared->effect.touches[0].index, 41u * (i - 1));
    EXPECT_EQ(prepared->effect.touches[0].length, 41u);
    ASSERT_TRUE(object->apply(two_kinds()));
  }
  EXPECT_EQ(object->to_json(), R"({"acts":2,"refusals":80,"exports":0,"reads":0})");
  const auto restored = audit_type().restore(object->snapshot());
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ((*restored)->to_json(), object->to_json());
}

// A log without reads has the snapshot that it had before there were any.
TEST(AuditObject, CountsReads) {
  const auto object = audit_type().create();
  ASSERT_TRUE(object->apply(two_kinds()));
  EXPECT_EQ(object->snapshot(), (Bytes{1, 1, 40, 0}));
  const AuditEntry read{.kind = AuditEntry::Kind::kRead, .count = 3};
  ASSERT_TRUE(object->apply(log::encode_audit({&read, 1})));
  EXPECT_EQ(object->to_json(), R"({"acts":1,"refusals":40,"exports":0,"reads":3})");
  EXPECT_EQ(object->snapshot(), (Bytes{2, 1, 40, 0, 3}));
  EXPECT_EQ(audit_type().restore(object->snapshot()).value()->to_json(), object->to_json());
}

TEST(AuditObject, CountsDoNotOverflow) {
  const auto object = audit_type().create();
  const AuditEntry many{.count = (std::uint64_t{1} << 53) - 1};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(object->apply(log::encode_audit({&many, 1})));
  EXPECT_EQ(object->to_json(), R"({"acts":9007199254740991,"refusals":0,"exports":0,"reads":0})");
  EXPECT_TRUE(object->prepare(two_kinds()));
}

TEST(AuditObject, WhatIsMalformedChangesNothing) {
  const auto object = audit_type().create();
  const Bytes bad{1, 1, 9};
  EXPECT_EQ(object->prepare(bad).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(object->apply(bad).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(object->to_json(), R"({"acts":0,"refusals":0,"exports":0,"reads":0})");
  for (const Bytes& snapshot : {Bytes{}, Bytes{1, 0, 0}, Bytes{1, 0, 0, 0, 0}})
    EXPECT_EQ(audit_type().restore(snapshot).error().code, ErrorCode::kMalformed);
  for (const Bytes& snapshot : {Bytes{2, 0, 0, 0}, Bytes{2, 0, 0, 0, 0}})
    EXPECT_EQ(audit_type().restore(snapshot).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(audit_type().restore(Bytes{3, 0, 0, 0}).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace syncline::state
