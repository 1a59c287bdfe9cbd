// The first content of an object: asked for once, put as an ordinary event, and never over something.
#include "workspace/first_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutation.h"
#include "support/test_world.h"
#include "workspace/one_workspace.h"

namespace syncline::workspace {
namespace {

using state::Listener;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;
using testing::Typist;

// Answers when the test says so.
class Application final : public FirstContent {
 public:
  const identity::Caller& author() const override { return author_; }
  bool asks(const std::string&, const std::string&) const override { return true; }
  void ask(const std::string&, const std::string& object, const identity::Caller&, Scheduler&,
           Done done) override {
    asked.push_back(object);
    waiting.push_back(std::move(done));
  }

  void answer(Bytes update) {
    give(Content{
        .make = [update](const merge::Object&, std::uint64_t) -> Result<Bytes> { return update; }});
  }
  void give(Result<Content> content) {
    Done done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(content));
  }

  std::vector<std::string> asked;
  std::deque<Done> waiting;

 private:
  const identity::Caller author_{.principal = {.id = "hook:initial-content"},
                                 .rights = identity::Rights::writing()};
};

class FirstContents : public ::testing::Test {
 protected:
  struct Client {
    Listener listener;
    LiveObject* object = nullptr;
    std::string error;
  };

  Services services() {
    Services all = world.services();
    all.first_content = &application;
    return all;
  }
  Client& open(const std::string& object) {
    Client& client = *clients.emplace_back(std::make_unique<Client>());
    host.get("w").subscribe(testing::ann(), object, "yjs", client.listener,
                            [&client](Result<LiveObject*> opened) {
                              if (opened)
                                client.object = *opened;
                              else
                                client.error = opened.error().message;
                            });
    world.loop.run();
    return client;
  }
  void close(Client& client) {
    if (client.object != nullptr) host.get("w").unsubscribe(*client.object, client.listener);
    client.object = nullptr;
    world.loop.run();
  }
  void give(Bytes update) {
    application.answer(std::move(update));
    world.loop.run();
  }
  void write(const std::string& object, const Bytes& update) {
    host.get("w").change(
        object, {.caller = testing::ann()},
        [update](const merge::Object&, log::Position) { return update; },
        [](Result<Receipt> receipt) { EXPECT_TRUE(receipt.has_value()); });
    world.loop.run();
  }
  std::vector<std::string> authors() {
    std::vector<std::string> found;
    for (const log::Event& event : state::events_of(world)) found.push_back(event.principal);
    return found;
  }

  TestWorld world;
  Application application;
  Host host{services()};
  std::vector<std::unique_ptr<Client>> clients;
};

TEST_F(FirstContents, IsAskedForOnceHoweverManyCome) {
  for (int i = 0; i < 10; ++i) open("a");
  EXPECT_THAT(application.asked, ElementsAre("a"));
  for (const auto& client : clients) EXPECT_EQ(client->object, nullptr);
  give(Typist(7).type("Hello"));
  for (const auto& client : clients) {
    ASSERT_NE(client->object, nullptr) << client->error;
    EXPECT_EQ(client->object->position(), 1u);
  }
  EXPECT_THAT(authors(), ElementsAre("hook:initial-content"));
  for (const auto& client : clients) close(*client);
  EXPECT_NE(open("a").object, nullptr);
  EXPECT_THAT(application.asked, ElementsAre("a"));
}

TEST_F(FirstContents, VeryManyWaitInBoundsAndGoOnInTurns) {
  for (int i = 0; i < 1001; ++i) open("a");
  EXPECT_EQ(clients.back()->error, "too many wait for this document");
  host.get("w").cancel(clients[999]->listener);
  give(Typist(7).type("Hello"));
  EXPECT_NE(clients[998]->object, nullptr);
  EXPECT_EQ(clients[999]->object, nullptr);
  EXPECT_THAT(application.asked, ElementsAre("a"));
}

TEST_F(FirstContents, NothingLetsTheObjectBeginEmpty) {
  open("a");
  application.give(FirstContent::Content{});
  world.loop.run();
  ASSERT_NE(clients[0]->object, nullptr);
  EXPECT_NE(open("a").object, nullptr);  // beside the first
  EXPECT_EQ(application.asked.size(), 1u);
  EXPECT_THAT(authors(), IsEmpty());
}

TEST_F(FirstContents, AFailureSendsAllAwayAndTheNextOneAsksAgain) {
  open("a");
  open("a");
  application.give(fail(ErrorCode::kUnavailable, "not now"));
  world.loop.run();
  for (const auto& client : clients) {
    EXPECT_EQ(client->object, nullptr);
    EXPECT_EQ(client->error, "not now");
  }
  EXPECT_THAT(authors(), IsEmpty());
  open("a");
  EXPECT_EQ(application.asked.size(), 2u);
  give({1, 2, 3});
  EXPECT_THAT(clients.back()->error, ::testing::StartsWith("the first content of this document"));
  EXPECT_THAT(authors(), IsEmpty());
}

TEST_F(FirstContents, WhoeverWritesMeanwhileWins) {
  open("a");
  write("a", Typist(3).type("faster"));
  give(Typist(7).type("late"));
  ASSERT_NE(clients[0]->object, nullptr) << clients[0]->error;
  EXPECT_THAT(authors(), ElementsAre("ann"));
}

TEST_F(FirstContents, WhoHasLeftIsNotWaitedFor) {
  Client& client = open("a");
  host.get("w").cancel(client.listener);
  give(Typist(7).type("Hello"));
  EXPECT_EQ(client.object, nullptr);
  EXPECT_EQ(client.error, "");
  EXPECT_THAT(authors(), ElementsAre("hook:initial-content"));
}

TEST_F(FirstContents, WhatExistsIsNotAskedFor) {
  write("a", Typist(3).type("here"));
  EXPECT_NE(open("a").object, nullptr);
  EXPECT_THAT(application.asked, IsEmpty());
}

#ifdef SYNCLINE_MUTATIONS

TEST_F(FirstContents, ContentOverContentIsFound) {
  active_mutation = Mutation::content_over_content;
  open("a");
  write("a", Typist(3).type("faster"));
  give(Typist(7).type("late"));
  active_mutation.reset();
  EXPECT_EQ(authors().size(), 2u);
}

TEST_F(FirstContents, ContentAskedAgainIsFound) {
  active_mutation = Mutation::content_asked_again;
  open("a");
  open("a");
  active_mutation.reset();
  EXPECT_EQ(application.asked.size(), 2u);
}

#endif

}  // namespace
}  // namespace syncline::workspace
