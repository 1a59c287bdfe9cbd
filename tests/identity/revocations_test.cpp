#include "identity/revocations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace syncline::identity {
namespace {

using Of = Revocation::Of;
using Source = Identity::Source;

Principal with(Identity identity, std::string id = "ann") {
  return {.id = std::move(id), .identity = std::make_shared<Identity>(std::move(identity))};
}

TEST(Revocations, ATokenIsRevokedByItsId) {
  Revocations revoked;
  revoked.add({.of = Of::kToken, .id = "t1", .issuer = "https://a.example"});
  const Identity token{.source = Source::kJwt, .issuer = "https://a.example", .token = "t1"};
  const auto refused = revoked.check(with(token));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnauthorized);
  Identity other = token;
  other.token = "t2";
  EXPECT_TRUE(revoked.check(with(other)));
  other = token;
  other.issuer = "https://b.example";
  EXPECT_TRUE(revoked.check(with(other))) << "another issuer may use the same ids";
  other = token;
  other.tenant = "acme";
  EXPECT_TRUE(revoked.check(with(other))) << "nothing crosses tenants";
  other = token;
  other.source = Source::kKey;
  EXPECT_TRUE(revoked.check(with(other))) << "keys have ids of their own";
}

TEST(Revocations, AKeyIsRevokedByItsId) {
  Revocations revoked;
  revoked.add({.of = Of::kKey, .id = "k1"});
  EXPECT_FALSE(revoked.check(with({.source = Source::kKey, .token = "k1"})));
  EXPECT_TRUE(revoked.check(with({.source = Source::kJwt, .token = "k1"})));
}

TEST(Revocations, ATicketEndsWithTheTokenThatMintedIt) {
  Revocations revoked;
  revoked.add({.of = Of::kKey, .id = "k1"});
  revoked.add({.of = Of::kToken, .id = "t1"});
  const auto of = [](std::string minter, std::string tenant = {}) {
    return with({.source = Source::kTicket,
                 .tenant = std::move(tenant),
                 .token = "ticket",
                 .minter = std::move(minter)});
  };
  EXPECT_FALSE(revoked.check(of("k1")));
  EXPECT_FALSE(revoked.check(of("t1")));
  EXPECT_TRUE(revoked.check(of("k2")));
  EXPECT_TRUE(revoked.check(of("")));
  EXPECT_TRUE(revoked.check(of("k1", "acme"))) << "nothing crosses tenants";
}

TEST(Revocations, OfAPrincipalEverythingThatWasIssuedBefore) {
  Revocations revoked;
  revoked.add({.of = Of::kPrincipal, .id = "ann", .before_ms = 1'000});
  const auto issued = [](std::uint64_t ms) {
    return Identity{.source = Source::kJwt, .issuer = "https://a.example", .issued_ms = ms};
  };
  EXPECT_FALSE(revoked.check(with(issued(999))));
  EXPECT_TRUE(revoked.check(with(issued(1'000))));
  EXPECT_FALSE(revoked.check(with(issued(0)))) << "it may be older";
  EXPECT_TRUE(revoked.check(with(issued(999), "ben")));
  EXPECT_TRUE(revoked.check({.id = "ann"})) << "a shared token";
}

TEST(Revocations, OneMayHoldForEveryTenant) {
  Revocations revoked;
  revoked.add({.of = Of::kPrincipal,
               .id = "ann",
               .issuer = "https://a.example",
               .tenant = std::string(kEveryTenant),
               .before_ms = 1'000});
  for (const char* tenant : {"", "acme"}) {
    Identity token{
        .source = Source::kJwt, .tenant = tenant, .issuer = "https://a.example", .issued_ms = 1};
    EXPECT_FALSE(revoked.check(with(token)));
    token.issuer = "https://b.example";
    EXPECT_TRUE(revoked.check(with(token)));
  }
}

TEST(Revocations, MergingTakesTheLaterMomentAndTheLaterEnd) {
  Revocations revoked;
  const Revocation first{.of = Of::kPrincipal, .id = "ann", .before_ms = 2'000, .until_ms = 9'000};
  revoked.add(first);
  const Revocation merged =
      revoked.merged({.of = Of::kPrincipal, .id = "ann", .before_ms = 1'000, .until_ms = 10'000});
  EXPECT_EQ(merged.before_ms, 2'000u);
  EXPECT_EQ(merged.until_ms, 10'000u);
  EXPECT_EQ(revoked.merged({.of = Of::kPrincipal, .id = "ann"}).until_ms, 0u) << "for ever";
  EXPECT_EQ(revoked.merged({.of = Of::kPrincipal, .id = "ben", .until_ms = 1}).until_ms, 1u);
}

TEST(Revocations, AreListedByTenantAndInPages) {
  Revocations revoked;
  revoked.add({.of = Of::kPrincipal, .id = "ann", .issuer = "i", .before_ms = 5, .until_ms = 100});
  revoked.add({.of = Of::kKey, .id = "slk_1", .tenant = "acme"});
  revoked.add({.id = "t1", .tenant = "acme"});
  revoked.add({.id = "t2", .tenant = "acme2"});
  revoked.add({.id = "t3"});
  const auto ids = [&](std::optional<std::string> tenant, std::string_view after, std::size_t limit,
                       std::uint64_t now_ms = 1) {
    std::string all;
    for (const Revocation& each : revoked.list(tenant, after, limit, now_ms)) all += each.id + " ";
    return all;
  };
  EXPECT_EQ(ids(std::nullopt, "", 10), "slk_1 ann t3 t1 t2 ");
  EXPECT_EQ(ids(std::nullopt, "", 10, 100), "slk_1 t3 t1 t2 ") << "one is over";
  EXPECT_EQ(ids("acme", "", 10), "slk_1 t1 ");
  EXPECT_EQ(ids("", "", 10), "ann t3 ");
  EXPECT_EQ(ids("none", "", 10), "");
  const auto first = revoked.list("acme", "", 1, 1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(ids("acme", revocation_key(first[0]), 10), "t1 ");
  const auto ann = revoked.list("", "", 1, 1);
  EXPECT_EQ(
      ann[0],
      (Revocation{
          .of = Of::kPrincipal, .id = "ann", .issuer = "i", .before_ms = 5, .until_ms = 100}));
  EXPECT_EQ(revoked.tenant_of_key(revocation_key(first[0])), "acme");
  EXPECT_EQ(revoked.tenant_of_key("t"), std::nullopt);
}

TEST(Revocations, WhatIsOverIsForgotten) {
  Revocations revoked;
  for (int i = 0; i < 5; ++i)
    revoked.add({.id = std::to_string(i), .until_ms = static_cast<std::uint64_t>(100 + i)});
  revoked.add({.id = "always"});
  EXPECT_TRUE(revoked.over(99, 10).empty());
  const auto over = revoked.over(102, 10);
  EXPECT_EQ(over.size(), 3u);
  EXPECT_EQ(revoked.over(1'000, 2).size(), 2u);
  for (const std::string& key : over) revoked.forget(key);
  EXPECT_EQ(revoked.size(), 3u);
  EXPECT_TRUE(revoked.check(with({.source = Source::kJwt, .token = "0"})));
  EXPECT_FALSE(revoked.check(with({.source = Source::kJwt, .token = "4"})));
}

TEST(Revocations, WhatRevokesAToken) {
  const auto by_id = revocation_of(
      with({.source = Source::kTicket, .tenant = "acme", .token = "x", .expires_ms = 7}));
  ASSERT_TRUE(by_id);
  EXPECT_EQ(*by_id, (Revocation{.of = Of::kToken, .id = "x", .tenant = "acme", .until_ms = 7}));
  EXPECT_EQ(revocation_of(with({.source = Source::kKey, .token = "k"}))->of, Of::kKey);
  const Principal undated = with({.source = Source::kJwt, .issued_ms = 5, .expires_ms = 9});
  const auto by_date = revocation_of(undated);
  ASSERT_TRUE(by_date);
  Revocations revoked;
  revoked.add(*by_date);
  EXPECT_FALSE(revoked.check(undated));
  EXPECT_TRUE(revoked.check(with({.source = Source::kJwt, .issued_ms = 6})));
  EXPECT_FALSE(revocation_of({.id = "ann"}));
  EXPECT_FALSE(revocation_of(with({.source = Source::kWebhook})));
}

TEST(Revocations, RecordsComeBackAsTheyWere) {
  const Revocation revocation{.of = Of::kPrincipal,
                              .id = "ann",
                              .issuer = "https://a.example",
                              .tenant = "acme",
                              .before_ms = 1,
                              .until_ms = 2};
  Bytes record = encode_revocation(revocation);
  EXPECT_EQ(decode_revocation(record).value(), revocation);
  for (std::size_t cut = 0; cut < record.size(); ++cut)
    EXPECT_FALSE(decode_revocation(ByteView(record).first(cut))) << cut;
  record.push_back(0);
  EXPECT_FALSE(decode_revocation(record));
}

TEST(Revocations, IdsAreBounded) {
  EXPECT_TRUE(check_revocation({.id = std::string(kMaxRevokedIdBytes, 'x')}));
  EXPECT_FALSE(check_revocation({.id = std::string(kMaxRevokedIdBytes + 1, 'x')}));
  EXPECT_FALSE(check_revocation({.id = ""}));
  EXPECT_FALSE(check_revocation({.id = "a\x1f"
                                       "b"}));
  EXPECT_FALSE(check_revocation({.id = "a", .tenant = std::string(1, '\0')}));
}

}  // namespace
}  // namespace syncline::identity
