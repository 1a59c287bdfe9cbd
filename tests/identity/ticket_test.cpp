#include "identity/ticket.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/hmac.h"
#include "identity/revocations.h"
#include "identity/ticket_authenticator.h"
#include "support/virtual_loop.h"

namespace syncline::identity {
namespace {

TicketSecret secret(std::uint32_t id) {
  TicketSecret made{.id = id};
  made.bytes.fill(static_cast<std::uint8_t>(id));
  return made;
}

Ticket ticket() {
  return {.id = "abcdefghijklmnop",
          .minted_ms = 1000,
          .expires_ms = 5000,
          .rights = "write",
          .principal = "ann",
          .name = "Ann",
          .tenant = "acme",
          .groups = {"editors", "staff"},
          .workspace = "docs",
          .object = "plan",
          .minter = "slk_ponmlkjihgfedcba",
          .issuer = "https://id.example",
          .since_ms = 900};
}

TEST(Ticket, SaysWhatItsSecretSigned) {
  const std::vector<TicketSecret> secrets{secret(1), secret(2)};
  for (const TicketSecret& each : secrets) {
    const auto text = encode_ticket(ticket(), each);
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with("slt_"));
    EXPECT_EQ(read_ticket(*text, secrets), ticket());
  }
  // The secret is gone.
  EXPECT_FALSE(read_ticket(*encode_ticket(ticket(), secret(3)), secrets));
  TicketSecret other = secret(1);
  other.bytes[31] ^= 1;
  EXPECT_FALSE(read_ticket(*encode_ticket(ticket(), other), secrets));
}

// Tickets that an earlier version minted are good until they expire.
TEST(Ticket, OfTheShortFormIsReadWithoutAnIssuer) {
  Ticket old = ticket();
  old.issuer.clear();
  old.since_ms = 0;
  const std::vector<TicketSecret> secrets{secret(1)};
  const Bytes bytes = *from_base64url(std::string_view(*encode_ticket(old, secrets[0])).substr(4));
  // Without the last two fields, and with the code of what is left.
  Bytes body(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(sizeof(Hash256)) - 2);
  body[0] = 1;
  Bytes signed_bytes = to_bytes(as_bytes(std::string_view("slt_")));
  signed_bytes.insert(signed_bytes.end(), body.begin(), body.end());
  const Hash256 code = hmac_sha256(secrets[0].bytes, signed_bytes);
  body.insert(body.end(), code.begin(), code.end());
  EXPECT_EQ(read_ticket("slt_" + to_base64url(body), secrets), old);
  body[0] = 3;
  EXPECT_FALSE(read_ticket("slt_" + to_base64url(body), secrets));
}

TEST(Ticket, EachBitOfItIsSigned) {
  const std::vector<TicketSecret> secrets{secret(1)};
  const std::string text = *encode_ticket(ticket(), secrets[0]);
  const Bytes bytes = *from_base64url(std::string_view(text).substr(4));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(read_ticket("slt_" + to_base64url(changed), secrets)) << bit;
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(read_ticket(text.substr(0, size), secrets)) << size;
  EXPECT_FALSE(read_ticket("slk_" + text.substr(4), secrets));
  EXPECT_FALSE(read_ticket(text + "A", secrets));
}

TEST(Ticket, OpensNothingUnlessItSaysWhat) {
  const std::vector<TicketSecret> secrets{secret(1)};
  const auto opens = [&](auto change) {
    Ticket odd = ticket();
    change(odd);
    return read_ticket(*encode_ticket(odd, secrets[0]), secrets).has_value();
  };
  EXPECT_TRUE(opens([](Ticket& odd) { odd.object = ""; }));
  EXPECT_FALSE(opens([](Ticket& odd) { odd.workspace = ""; }));
  EXPECT_FALSE(opens([](Ticket& odd) { odd.principal = ""; }));
  EXPECT_FALSE(opens([](Ticket& odd) { odd.rights = "admin"; }));
  EXPECT_FALSE(opens([](Ticket& odd) { odd.expires_ms = odd.minted_ms; }));
}

TEST(Ticket, HasABound) {
  Ticket large = ticket();
  large.groups.assign(300, "g");
  EXPECT_EQ(encode_ticket(large, secret(1)).error().code, ErrorCode::kTooLarge);
  large.groups = {std::string(4000, 'g')};
  EXPECT_EQ(encode_ticket(large, secret(1)).error().code, ErrorCode::kTooLarge);
}

// ---- who may mint what

Caller holder(Rights rights, Identity identity = {}) {
  return {.principal = {.id = "app",
                        .rights = rights,
                        .identity = std::make_shared<const Identity>(std::move(identity))},
          .rights = rights};
}

Result<Ticket> mint(const Caller& minter, TicketWish wish) {
  if (wish.workspace.empty()) wish.workspace = "docs";
  return make_ticket(minter, wish, {}, "abcdefghijklmnop", 1'000'000);
}

TEST(TicketMint, NobodyGivesMoreThanHeHas) {
  const Caller reader = holder(Rights::reading());
  EXPECT_TRUE(mint(reader, {}));
  EXPECT_EQ(mint(reader, {.rights = "write"}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(mint(reader, {.principal = "ann"}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(mint(reader, {.name = "Ann"}).error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(mint(reader, {.principal = "app"}));
  for (const char* own : {"anonymous", "token", "key:abcdefghijklmnop"})
    EXPECT_EQ(mint(holder(Rights::all()), {.principal = own}).error().code, ErrorCode::kForbidden);
  // Whoever may read a workspace need not be one who may see the server.
  const Caller guest = holder(Rights::none()
                                  .with(Right::kRead)
                                  .with(Right::kHistory)
                                  .with(Right::kExport)
                                  .with(Right::kPresence));
  EXPECT_TRUE(mint(guest, {}));
  EXPECT_FALSE(mint(holder(Rights::none().with(Right::kRead)), {}));
  const Caller writer = holder(Rights::writing());
  EXPECT_EQ(mint(writer, {})->rights, "read");
  EXPECT_EQ(mint(writer, {.rights = "write"})->rights, "write");
  EXPECT_EQ(mint(writer, {.rights = "admin"}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(mint(writer, {.principal = "ann"}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(mint(holder(Rights::all()), {.principal = "ann"})->principal, "ann");
  EXPECT_TRUE(mint(holder(Rights::writing().with(Right::kMintForOthers)), {.principal = "ann"}));
}

TEST(TicketMint, AScopeOnlyShrinks) {
  const Caller one = holder(Rights::all(), {.workspace = "docs", .object = "plan"});
  EXPECT_TRUE(mint(one, {.object = "plan"}));
  EXPECT_EQ(mint(one, {}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(mint(one, {.object = "plan2"}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(mint(one, {.workspace = "docs2", .object = "plan"}).error().code,
            ErrorCode::kForbidden);
  const Caller all = holder(Rights::all(), {.workspace = "docs"});
  EXPECT_TRUE(mint(all, {.object = "anything"}));
  EXPECT_TRUE(mint(all, {}));
  EXPECT_EQ(mint(all, {.workspace = "no such/name"}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(mint(all, {.object = "./pins"}).error().code, ErrorCode::kForbidden);
}

TEST(TicketMint, ItsLifetimeIsBounded) {
  const Caller minter = holder(Rights::all());
  EXPECT_EQ(mint(minter, {})->expires_ms, 1'000'000U + 3'600'000U);
  EXPECT_EQ(mint(minter, {.lifetime_ms = 86'400'000})->expires_ms, 1'000'000U + 86'400'000U);
  EXPECT_EQ(mint(minter, {.lifetime_ms = 86'400'001}).error().code, ErrorCode::kInvalid);
  const Caller soon_over = holder(Rights::all(), {.expires_ms = 1'000'500});
  EXPECT_EQ(mint(soon_over, {.lifetime_ms = 5000})->expires_ms, 1'000'500U);
  EXPECT_EQ(mint(soon_over, {.lifetime_ms = 400})->expires_ms, 1'000'400U);
}

// What revokes the token revokes the ticket, too (identity/revocations.h).
TEST(TicketMint, OneForItsHolderIsAsOldAsHisTokenAndOfItsIssuer) {
  const Caller minter = holder(Rights::all(), {.source = Identity::Source::kJwt,
                                               .issuer = "https://id.example",
                                               .token = "jti",
                                               .issued_ms = 500'000});
  const auto own = mint(minter, {});
  EXPECT_EQ(own->issuer, "https://id.example");
  EXPECT_EQ(own->since_ms, 500'000U);
  const auto of_it = judge_ticket(*own, 1'000'001);
  ASSERT_TRUE(of_it);
  EXPECT_EQ(of_it->identity->issued_ms, 500'000U);
  Revocations revoked;
  revoked.add({.of = Revocation::Of::kPrincipal,
               .id = "app",
               .issuer = "https://id.example",
               .before_ms = 500'001});
  EXPECT_FALSE(revoked.check(*of_it)) << "a token without an id";
  Revocations by_id;
  by_id.add({.id = "jti", .issuer = "https://id.example"});
  EXPECT_FALSE(by_id.check(*of_it));
  const auto other = judge_ticket(*mint(minter, {.principal = "ann"}), 1'000'001);
  EXPECT_EQ(other->identity->issued_ms, 1'000'000U);
  EXPECT_FALSE(by_id.check(*other));
  Revocations elsewhere;
  elsewhere.add({.id = "jti", .issuer = "https://other.example"});
  EXPECT_TRUE(elsewhere.check(*of_it));
}

TEST(TicketMint, AnotherPrincipalGetsNothingOfTheMintersIdentity) {
  const Caller minter = holder(Rights::all(), {.name = "Application",
                                               .groups = {"staff"},
                                               .tenant = "acme",
                                               .token = "slk_1",
                                               .minter = ""});
  const auto own = mint(minter, {});
  EXPECT_EQ(own->name, "Application");
  EXPECT_EQ(own->groups, std::vector<std::string>{"staff"});
  const auto other = mint(minter, {.principal = "ann"});
  EXPECT_EQ(other->name, "");
  EXPECT_TRUE(other->groups.empty());
  EXPECT_EQ(other->tenant, "acme");
  EXPECT_EQ(other->minter, "slk_1");
  // A ticket that a ticket minted goes back to the key.
  const Caller ticket_holder = holder(Rights::all(), {.token = "slt_2", .minter = "slk_1"});
  EXPECT_EQ(mint(ticket_holder, {})->minter, "slk_1");
}

// ---- judging them

Result<Principal> judged(const TicketAuthenticator& tickets, const std::string& token,
                         testing::VirtualLoop& loop) {
  std::optional<Result<Principal>> answer;
  tickets.authenticate({.token = token}, loop,
                       [&](Result<Principal> who) { answer = std::move(who); });
  return answer.value_or(fail(ErrorCode::kUnavailable, "no answer"));
}

TEST(TicketAuthenticator, LetsInUntilTheTicketExpiresOrItsMinterIsGone) {
  const auto secrets = std::make_shared<const std::vector<TicketSecret>>(1, secret(1));
  bool withdrawn = false;
  const TicketAuthenticator tickets({.secrets = [&] { return secrets; },
                                     .withdrawn =
                                         [&](std::string_view token, std::uint64_t) {
                                           EXPECT_EQ(token, "slk_ponmlkjihgfedcba");
                                           return withdrawn;
                                         }});
  testing::VirtualLoop loop;
  Ticket fresh = ticket();
  fresh.minted_ms = loop.unix_ms();
  fresh.expires_ms = loop.unix_ms() + 1000;
  const std::string text = *tickets.sign(fresh);
  const auto who = judged(tickets, text, loop);
  ASSERT_TRUE(who) << who.error().message;
  EXPECT_EQ(who->id, "ann");
  EXPECT_EQ(who->rights, Rights::writing());
  EXPECT_EQ(who->identity->token, "slt_abcdefghijklmnop");
  EXPECT_EQ(who->identity->minter, "slk_ponmlkjihgfedcba");
  EXPECT_EQ(who->identity->workspace, "docs");
  withdrawn = true;
  EXPECT_EQ(judged(tickets, text, loop).error().message,
            "the token that minted this ticket was revoked");
  withdrawn = false;
  fresh.expires_ms = loop.unix_ms();
  fresh.minted_ms = fresh.expires_ms - 1;
  EXPECT_EQ(judged(tickets, *tickets.sign(fresh), loop).error().message, "this ticket has expired");
}

}  // namespace
}  // namespace syncline::identity
