#include "identity/recorded_session.h"

#include <gtest/gtest.h>

#include <memory>

namespace syncline::identity {
namespace {

TEST(RecordedSession, IsWhatRulesLookAt) {
  Caller caller{.principal = {.id = "ann",
                              .rights = Rights::writing(),
                              .identity = std::make_shared<const Identity>(
                                  Identity{.source = Identity::Source::kTicket,
                                           .name = "Ann",
                                           .groups = {"finance"},
                                           .issuer = "https://id.example",
                                           .token = "t-1",
                                           .issued_ms = 5,
                                           .expires_ms = 9})},
                .rights = Rights::writing(),
                .origin = std::string("https://app.example"),
                .protocol = "hocuspocus",
                .peer = "[2001:db8::1]:51234"};
  const log::SessionRecord record = record_of(caller);
  EXPECT_EQ(record.address, "[2001:db8::1]");
  const Caller again = caller_of(record, "ann", "acme");
  EXPECT_EQ(again.principal.id, "ann");
  EXPECT_EQ(again.principal.tenant(), "acme");
  EXPECT_EQ(again.rights, caller.rights);
  EXPECT_EQ(again.principal.identity->source, Identity::Source::kTicket);
  EXPECT_EQ(again.principal.identity->groups, caller.principal.identity->groups);
  EXPECT_EQ(again.principal.identity->name, "") << "names can be erased, so they are elsewhere";
  EXPECT_EQ(again.origin.str(), "https://app.example");
  EXPECT_EQ(again.protocol, "hocuspocus");
  EXPECT_EQ(again.peer, "[2001:db8::1]:0");
  EXPECT_EQ(record_of(again), record);
}

TEST(RecordedSession, OfASharedTokenSaysLittle) {
  const log::SessionRecord record = record_of({.rights = Rights::none().with(Right::kRead)});
  EXPECT_EQ(record.rights, std::vector<std::string>{"read"});
  EXPECT_EQ(record.source, "shared");
  EXPECT_TRUE(record.groups.empty());
  EXPECT_TRUE(record.address.empty());
}

TEST(RecordedSession, RightsOfALaterVersionAreLeftOut) {
  const Caller caller = caller_of({.rights = {"write", "levitate"}}, "ann", "");
  EXPECT_EQ(caller.rights, Rights::none().with(Right::kWrite));
}

}  // namespace
}  // namespace syncline::identity
