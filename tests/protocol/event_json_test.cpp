#include "protocol/event_json.h"

#include <gtest/gtest.h>

namespace syncline::testing {
namespace {

log::Event plain_event() {
  log::Event event;
  event.position = 9;
  event.hlc = HlcStamp::of(1'700'000'000'000, 0);
  event.principal = "p7";
  event.actor = "s1";
  event.object = "notes/plan";
  event.type = "doc";
  event.intent = {0, 0};
  return event;
}

const std::string kPlain =
    R"({"position":9,"time":"2023-11-14T22:13:20.000Z","principal":"p7","actor":"s1",)"
    R"("object":"notes/plan","type":"doc","kind":"change","size":2,"hash":")" +
    std::string(64, '0') + "\"";

TEST(EventJson, WhatAnEventDoesNotHaveIsNotShown) {
  EXPECT_EQ(protocol::event_to_json(plain_event()), kPlain + "}");
  log::Event old = plain_event();
  old.version = log::kUnsaltedVersion;
  old.generation = 0;
  EXPECT_EQ(protocol::event_to_json(old), kPlain + "}");
}

TEST(EventJson, EveryFieldIsShown) {
  log::Event event = plain_event();
  event.actor_seq = 300;
  event.further_seqs = 2;
  event.actor_named = true;
  event.tenant = "t\"9";
  event.generation = 2;
  event.schema = 4;
  event.group = {1, 3};
  event.epoch = 5;
  event.policy_at = 3;
  event.tenant_policy_at = 9;
  event.session_at = 4;
  event.idempotency_key = {0xff, 0x00, 0x01};
  event.origin = log::Origin{"us", 77};
  event.region = "eu";
  EXPECT_EQ(protocol::event_to_json(event),
            kPlain +
                R"(,"actor_seq":300,"last_actor_seq":302,"actor_named":true,"tenant":"t\"9",)"
                R"("generation":2,"schema":4,"group":{"first":8,"index":1,"size":3},"epoch":5,)"
                R"("policy_at":3,"tenant_policy_at":9,"session_at":4,"idempotency_key":"/wAB",)"
                R"("origin":{"region":"us","position":77},"region":"eu"})");
}

TEST(EventJson, ASessionRecordIsShownWithWhatItSays) {
  EXPECT_EQ(protocol::session_to_json({.rights = {"read"}, .source = "shared"}),
            R"({"rights":["read"],"groups":[],"source":"shared"})");
  EXPECT_EQ(
      protocol::session_to_json({.rights = {"read", "write"},
                                 .groups = {"f\"1"},
                                 .source = "jwt",
                                 .issuer = "i",
                                 .token = "t",
                                 .address = "203.0.113.5",
                                 .origin = "https://a",
                                 .protocol = "http",
                                 .issued_ms = 1'700'000'000'000,
                                 .expires_ms = 1'700'000'001'000}),
      R"({"rights":["read","write"],"groups":["f\"1"],"source":"jwt","issuer":"i","token":"t",)"
      R"("address":"203.0.113.5","origin":"https://a","protocol":"http",)"
      R"("issued":"2023-11-14T22:13:20.000Z","expires":"2023-11-14T22:13:21.000Z"})");
}

TEST(EventJson, ANameIsShownBesideThePrincipal) {
  EXPECT_TRUE(protocol::event_to_json(plain_event(), {.name = "A\"da", .verified = true})
                  .find(R"("principal":"p7","name":"A\"da","verified":true,"actor":"s1")") !=
              std::string::npos);
  const log::Pin pin{.name = "v1", .position = 7, .unix_ms = 1'700'000'000'000, .principal = "p7"};
  EXPECT_EQ(protocol::pin_to_json(pin, {.name = "Ada", .verified = false}),
            R"({"name":"v1","position":7,"set":"2023-11-14T22:13:20.000Z","principal":"p7",)"
            R"("principal_name":"Ada","verified":false})");
  EXPECT_TRUE(protocol::pin_to_json(pin).ends_with(R"("principal":"p7"})"));
}

}  // namespace
}  // namespace syncline::testing
