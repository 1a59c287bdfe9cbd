#include "workspace/stamp.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "workspace/live_object.h"
#include "workspace/presence.h"

namespace syncline::workspace {
namespace {

using identity::Identity;

const Stamp kAda{.id = "u1", .name = "Ada", .verified = true};
const Stamp kBob{.id = "u2", .name = "Bob", .verified = true};
const Stamp kNobody{.id = "anonymous", .name = "", .verified = false};

std::string with(std::string_view state, const Stamp& stamp) {
  const auto told = stamped(state, stamp);
  return told && *told ? **told : "unchanged";
}

std::string without(std::string_view state) {
  const auto told = without_claim(state);
  return told && *told ? **told : "unchanged";
}

TEST(Stamp, SaysWhoStandsBehindAState) {
  EXPECT_EQ(with(R"({"user":{"name":"Eve","color":"#123456"},"cursor":1})", kAda),
            R"({"user":{"name":"Ada","color":"#123456","id":"u1","verified":true},"cursor":1})");
  EXPECT_EQ(with(R"({"user":{"name":"Eve","verified":true,"id":"u1"}})", kNobody),
            R"({"user":{"name":"Eve","verified":false,"id":"anonymous"}})");
  EXPECT_EQ(with("{}", kAda), R"({"user":{"id":"u1","name":"Ada","verified":true}})");
  EXPECT_EQ(with(R"({"user":"Eve"})", kNobody),
            R"({"user":{"name":"Eve","id":"anonymous","verified":false}})");
  EXPECT_EQ(with(R"({"user":null})", kNobody), R"({"user":{"id":"anonymous","verified":false}})");
  // The last of equal members holds, as in JSON.parse.
  EXPECT_EQ(with(R"({"user":{"id":"u2"},"user":{"id":"u3"}})", kNobody),
            R"({"user":{"id":"anonymous","verified":false}})");
}

TEST(Stamp, AStateThatNamesNobodyStays) {
  for (const char* state : {"1", "[]", "\"x\"", "true"}) EXPECT_EQ(with(state, kAda), "unchanged");
  EXPECT_FALSE(stamped("{", kAda));
  EXPECT_FALSE(stamped(std::string(300, '[') + std::string(300, ']'), kAda));
}

TEST(Stamp, WithoutOneNobodyMayClaimToBeVerified) {
  EXPECT_EQ(without(R"({"user":{"name":"Eve","verified":true}})"), R"({"user":{"name":"Eve"}})");
  EXPECT_EQ(without(R"({"user":{"\u0076erified":1,"id":"u1"}})"), R"({"user":{"id":"u1"}})");
  EXPECT_EQ(without(R"({"\u0075ser":{"verified":true}})"), R"({"user":{}})");
  EXPECT_EQ(without(R"({"verified":true,"user":{"name":"verified"}})"), "unchanged");
  EXPECT_EQ(without(R"({"user":{"name":"Eve"}})"), "unchanged");
  EXPECT_EQ(without("not JSON"), "unchanged");
}

TEST(Stamp, IsMadeOfThePrincipal) {
  identity::Principal ada{.id = "u1",
                          .identity = std::make_shared<Identity>(
                              Identity{.source = Identity::Source::kJwt, .name = " Ada\n"})};
  EXPECT_EQ(stamp_of(ada), kAda);
  ada.identity = std::make_shared<Identity>(Identity{.source = Identity::Source::kKey});
  EXPECT_EQ(stamp_of(ada), (Stamp{.id = "u1", .name = "u1", .verified = true}));
  EXPECT_EQ(stamp_of({.id = "anonymous"}), kNobody);
}

TEST(Stamp, TheNameThatAStateClaims) {
  EXPECT_EQ(claimed_name(R"({"user":{"name":"Eve"}})"), "Eve");
  EXPECT_EQ(claimed_name(R"({"user":"Eve"})"), "Eve");
  for (const char* state : {"", "{", "1", "{}", R"({"user":1})", R"({"user":{"name":1}})"})
    EXPECT_EQ(claimed_name(state), "") << state;
}

// ---- in the presence of an object

class StampedPeer : public Subscriber {
  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
  void on_lost(const Error&) override {}
};

Bytes shown(crdt::ClientId client, std::uint64_t clock, const std::string& json) {
  const crdt::AwarenessEntry entry{
      .client = client, .clock = clock, .state = json, .gone = json == "null"};
  return crdt::encode_awareness({&entry, 1});
}

std::string told(const Bytes& update) {
  const auto entries = crdt::decode_awareness(update);
  return entries && entries->size() == 1 ? std::string(entries->front().state) : "";
}

constexpr const char* kAdaTold = R"({"user":{"name":"Ada","id":"u1","verified":true}})";

TEST(StampedPresence, OthersAreToldTheStamp) {
  Presence presence;
  StampedPeer ada, bob;
  presence.join(bob);
  const auto news = presence.update(ada, shown(1, 1, R"({"user":{"name":"x"}})"), 0, &kAda);
  ASSERT_TRUE(news);
  EXPECT_EQ(told(news->others), kAdaTold);
  EXPECT_EQ(told(presence.everybody(bob)->change), kAdaTold);
  EXPECT_EQ(presence.name_of(ada), "Ada");
  EXPECT_EQ(presence.name_of(bob), "");
}

TEST(StampedPresence, AStateThatCannotBeStampedIsRefused) {
  Presence presence;
  StampedPeer eve;
  const std::string deep = R"({"x":)" + std::string(300, '[') + std::string(300, ']') + "}";
  EXPECT_EQ(presence.update(eve, shown(1, 1, deep), 0, &kNobody).error().code,
            ErrorCode::kMalformed);
}

// The heir of a client takes over its last state.
TEST(StampedPresence, NobodyInheritsTheStampOfAnother) {
  Presence presence;
  StampedPeer ada, eve;
  ASSERT_TRUE(presence.update(ada, shown(1, 1, "{}"), 0, &kAda));
  presence.join(eve);
  ASSERT_TRUE(presence.update(eve, shown(1, 1, "{}"), 0, &kBob));
  EXPECT_TRUE(presence.leave(ada, 0));
  EXPECT_FALSE(presence.everybody(eve));
}

TEST(StampedPresence, TheSamePersonInheritsHisOwn) {
  Presence presence;
  StampedPeer before, after;
  ASSERT_TRUE(presence.update(before, shown(1, 1, "{}"), 0, &kAda));
  presence.join(after);
  ASSERT_TRUE(presence.update(after, shown(1, 1, "{}"), 0, &kAda));
  EXPECT_FALSE(presence.leave(before, 0));
  ASSERT_TRUE(presence.everybody(after));
  EXPECT_EQ(told(presence.everybody(after)->change),
            R"({"user":{"id":"u1","name":"Ada","verified":true}})");
}

// States that others own are not looked at, and those behind the first ones later.
TEST(StampedPresence, EveryStateOfALongMessageIsStamped) {
  Presence presence;
  StampedPeer crowd, eve;
  const std::size_t most = kMaxPresenceClientsPerOwner;
  std::vector<crdt::AwarenessEntry> entries;
  for (crdt::ClientId client = 1; client <= 2 * most; ++client)
    entries.push_back({.client = client, .clock = 1, .state = "null", .gone = true});
  entries.push_back({.client = 5000, .clock = 1, .state = R"({"user":{"verified":true}})"});
  const auto news = presence.update(eve, crdt::encode_awareness(entries), 0, &kNobody);
  ASSERT_TRUE(news);
  EXPECT_EQ(told(news->others), R"({"user":{"verified":false,"id":"anonymous"}})");
}

}  // namespace
}  // namespace syncline::workspace
