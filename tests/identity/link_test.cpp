#include "identity/link.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "identity/person.h"

namespace syncline::identity {
namespace {

constexpr const char* kId = "abcdefghijklmnop";
constexpr std::uint64_t kNowMs = 5'000'000'250;

Caller maker(std::uint64_t expires_ms, Rights rights = Rights::writing(), std::string object = {}) {
  Identity identity{.source = Identity::Source::kJwt,
                    .name = "Ann",
                    .groups = {"staff"},
                    .tenant = "acme",
                    .issuer = "https://id.example",
                    .token = "jti",
                    .issued_ms = 1,
                    .expires_ms = expires_ms,
                    .workspace = object.empty() ? "" : "docs",
                    .object = std::move(object)};
  return {.principal = {.id = "ann",
                        .rights = rights,
                        .identity = std::make_shared<const Identity>(std::move(identity))},
          .rights = rights};
}

Result<Ticket> made(const Caller& caller, LinkWish wish) {
  return make_link(caller, wish, {}, kId, kNowMs);
}

TEST(Link, HasAPrincipalOfItsOwnThatSaysWhenItEnds) {
  const auto link = made(maker(0), {"docs", "plan", true, 60'000});
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(link->principal, "link:5000061-abcdefghijklmnop");
  EXPECT_EQ(link->expires_ms, 5'000'061'000u) << "to the next whole second";
  EXPECT_EQ(end_of_link(link->principal), link->expires_ms);
  EXPECT_EQ(link->rights, "write");
  EXPECT_EQ(link->object, "plan");
  EXPECT_EQ(link->tenant, "acme");
  EXPECT_EQ(made(maker(0), {"docs", "plan", false, 0})->rights, "read");
}

TEST(Link, SaysNothingOfItsMakerButWhichTokenEndsIt) {
  const auto link = made(maker(0), {"docs", "plan", true, 60'000});
  EXPECT_EQ(link->name, "");
  EXPECT_TRUE(link->groups.empty());
  EXPECT_EQ(link->since_ms, 0u);
  EXPECT_EQ(link->minter, "jti");
  EXPECT_EQ(link->issuer, "https://id.example");
}

TEST(Link, MayOutliveTheTokenOfItsMakerAndNotTheLimit) {
  EXPECT_EQ(made(maker(kNowMs + 1000), {"docs", "plan", true, 60'000})->expires_ms, 5'000'061'000u);
  EXPECT_FALSE(made(maker(0), {"docs", "plan", true, 86'400'001}));
}

TEST(Link, ReachesAndAllowsNoMoreThanTheTokenOfItsMaker) {
  EXPECT_TRUE(made(maker(0, Rights::writing(), "plan"), {"docs", "plan", true, 0}));
  EXPECT_FALSE(made(maker(0, Rights::writing(), "plan"), {"docs", "plot", true, 0}));
  EXPECT_FALSE(made(maker(0, Rights::reading()), {"docs", "plan", true, 0}));
  EXPECT_FALSE(made(maker(0), {"docs", "./pins", false, 0}));
}

TEST(Link, OtherIdsAreNone) {
  for (const char* id : {"ann", "link:", "link:x-abcdefghijklmnop", "link:1abcdefghijklmnop",
                         "link:1-abcdefghijklmno", "link:1-ABCDEFGHIJKLMNOP",
                         "link:99999999999999999999-abcdefghijklmnop", "link:-1-abcdefghijklmnop"})
    EXPECT_EQ(end_of_link(id), std::nullopt) << id;
}

TEST(Link, NobodyVouchesForWhoeverUsesIt) {
  const auto link = made(maker(0), {"docs", "plan", true, 60'000});
  const auto holder = judge_ticket(*link, kNowMs);
  ASSERT_TRUE(holder);
  EXPECT_FALSE(is_verified(*holder));
}

}  // namespace
}  // namespace syncline::identity
