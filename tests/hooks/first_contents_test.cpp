// Who is asked for the first content of an object: the webhook of the workspace, or whom the operator has named.
#include "hooks/first_contents.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "hook_world.h"

namespace syncline::hooks {
namespace {

// Sends the name of the object, and says whether it could.
class NameAsker final : public ContentAsker {
 public:
  const identity::Caller& author() const override { return author_; }
  bool asks_for_all() const override { return for_all; }
  void ask(const ContentQuestion& question, Scheduler&, Send send, Done done) override {
    if (!send) {
      asked_operator += question.object;
      return done(workspace::FirstContent::Content{});
    }
    send("message", HookRequest{.body = "{\"object\":\"" + question.object + "\",\"position\":0,}"},
         [done = std::move(done)](Result<HookAnswer> answer) mutable {
           if (!answer) return done(std::unexpected(answer.error()));
           done(workspace::FirstContent::Content{});
         });
  }

  bool for_all = false;
  std::string asked_operator;

 private:
  const identity::Caller author_{.principal = {.id = "hook:initial-content"}};
};

class ContentHooks : public ::testing::Test {
 protected:
  ContentHooks() {
    world.begin();
    contents.use(*world.hooks);
  }

  std::string ask(const std::string& object) {
    std::string how = "no answer";
    contents.ask("w", object, testing::ann(), world.world.loop,
                 [&](Result<workspace::FirstContent::Content> content) {
                   how = content ? "answered" : content.error().message;
                 });
    world.world.loop.run();
    return how;
  }

  HookWorld world;
  NameAsker asker;
  FirstContents contents{asker};
};

TEST_F(ContentHooks, TheLongestPrefixIsAskedAndToldOfNothing) {
  world.add({.url = "https://app.example/all", .initial_content = true});
  world.add({.url = "https://app.example/notes", .prefix = "notes/", .initial_content = true});
  EXPECT_TRUE(contents.asks("w", "a"));
  EXPECT_FALSE(contents.asks("other", "a"));
  EXPECT_EQ(ask("notes/a"), "answered");
  EXPECT_EQ(ask("b"), "answered");
  ASSERT_EQ(world.receiver.requests.size(), 2u);
  EXPECT_EQ(world.receiver.requests[0].url, "https://app.example/notes");
  EXPECT_EQ(world.receiver.requests[1].url, "https://app.example/all");
  EXPECT_EQ(world.receiver.requests[0].headers.front().second, "message");
  world.change("b");
  world.restart();
  contents.use(*world.hooks);
  EXPECT_EQ(world.receiver.requests.size(), 2u) << "it was told of a change";
  EXPECT_TRUE(contents.asks("w", "a")) << "it is forgotten after a restart";
}

TEST_F(ContentHooks, WhomTheOperatorNamesIsAskedForTheRest) {
  EXPECT_FALSE(contents.asks("w", "a"));
  asker.for_all = true;
  EXPECT_TRUE(contents.asks("w", "a"));
  EXPECT_EQ(ask("a"), "answered");
  EXPECT_EQ(asker.asked_operator, "a");
  world.add({.prefix = "n", .initial_content = true});
  EXPECT_EQ(ask("n"), "answered");
  EXPECT_EQ(asker.asked_operator, "a");
}

TEST_F(ContentHooks, OneThatIsDisabledIsAFailure) {
  const std::string id = world.add({.initial_content = true});
  asker.for_all = true;
  Delivery& hook = *world.hooks->find("w", id);
  Endpoint endpoint = hook.endpoint();
  endpoint.maker.source = "jwt";
  endpoint.maker.issued_ms = 1;
  hook.take(endpoint);
  world.revocations.add({.of = identity::Revocation::Of::kPrincipal,
                         .id = "ann",
                         .before_ms = world.world.loop.unix_ms() + 1});
  hook.look_at_maker();
  world.world.loop.run();
  EXPECT_NE(ask("a").find("is disabled"), std::string::npos);
  EXPECT_EQ(asker.asked_operator, "");
}

TEST(ContentHookRecords, TellsOnlyOfContents) {
  Endpoint endpoint{.workspace = "w", .id = "a", .url = "https://app.example/"};
  endpoint.initial_content = true;
  EXPECT_EQ(*decode_endpoint(endpoint_key("w", "a"), encode_endpoint(endpoint)), endpoint);
  EXPECT_TRUE(check_endpoint(endpoint));
  endpoint.content = true;
  EXPECT_FALSE(check_endpoint(endpoint));
  EXPECT_EQ(*decode_endpoint(endpoint_key("w", "a"), encode_endpoint(endpoint)), endpoint);
}

}  // namespace
}  // namespace syncline::hooks
