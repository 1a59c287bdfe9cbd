// Objects of several types in one workspace, through the same door: documents and the toys of tests/support.
#include <gtest/gtest.h>

#include "one_workspace.h"
#include "state/changes.h"
#include "state/quarantine.h"

namespace syncline::state {
namespace {

using workspace::LiveObject;
using workspace::Receipt;

// Who hears of an object through one of its faces.
class Face final : public workspace::Subscriber {
 public:
  Face(TestWorld& world, std::string object, std::string_view face)
      : world_(world), workspace_(world.host.get("w")) {
    workspace_.subscribe(testing::ann(), object, face, *this,
                         [this](Result<LiveObject*> opened) { opened_ = std::move(opened); });
    world_.loop.run();
  }
  ~Face() override {
    if (opened_) workspace_.unsubscribe(**opened_, *this);
    world_.loop.run();
  }
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;

  void on_change(const workspace::Delivery& change) override {
    told.push_back(to_bytes(change.payload));
  }
  void on_presence(const workspace::Delivery&) override {}
  void on_lost(const Error&) override {}

  Result<Receipt> submit(Bytes intent) {
    Result<Receipt> receipt = fail(ErrorCode::kUnavailable, "no answer");
    workspace_.submit(testing::ann(), **opened_, {.intent = intent}, this,
                      [&](Result<Receipt> answer) { receipt = std::move(answer); });
    world_.loop.run();
    return receipt;
  }

  const Result<LiveObject*>& opened() const { return opened_; }
  std::string json() const { return (*opened_)->object().to_json(); }

  std::vector<Bytes> told;

 private:
  TestWorld& world_;
  workspace::Workspace& workspace_;
  Result<LiveObject*> opened_ = fail(ErrorCode::kUnavailable, "no answer");
};

Bytes insertion(std::uint64_t seen, std::uint64_t index, std::string element) {
  return test::ListChange{.seen = seen, .inserts = true, .index = index, .element = element}
      .encode();
}

TEST(Types, WhatIsRecordedToldAndAnsweredMayDiffer) {
  TestWorld world;
  Face ann(world, "list", "toy");
  Face bob(world, "list", "toy");
  ASSERT_TRUE(ann.submit(insertion(0, 0, "first")));
  // Bob has not seen it: his insertion at 0 is moved behind it.
  const auto receipt = bob.submit(insertion(0, 0, "second"));
  ASSERT_TRUE(receipt);
  ASSERT_TRUE(receipt->answer);
  EXPECT_EQ(test::toy_version(*receipt->answer), 2u);
  ASSERT_EQ(ann.told.size(), 1u);
  EXPECT_EQ(ann.told[0], insertion(1, 1, "second"));
  EXPECT_EQ(bob.told.size(), 1u);  // of ann's alone
  const auto events = events_of(world);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].intent, ann.told[0]);
  EXPECT_EQ(events[1].type, "toy-list");
  EXPECT_EQ(ann.json(), R"(["first","second"])");
  EXPECT_EQ(replay(world, "list", 2).value().object->to_json(), ann.json());
}

TEST(Types, AStrictTypeRefusesWhatDoesNotFollow) {
  TestWorld world;
  Face ann(world, "register", "toy-strict");
  ASSERT_TRUE(ann.submit(test::toy_write(0, "a")));
  const auto refused = ann.submit(test::toy_write(0, "b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(refused.error().message, "the register is at version 1");
  EXPECT_TRUE(ann.submit(test::toy_write(1, "b")));
}

TEST(Types, AnObjectIsOpenedThroughItsOwnFacesOnly) {
  TestWorld world;
  submit(world, "note", Typist(1).type("text"));
  Face wrong(world, "note", "toy");
  ASSERT_FALSE(wrong.opened());
  EXPECT_EQ(wrong.opened().error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(wrong.opened().error().message,
            "an object of type 'doc' cannot be opened through 'toy'");
  EXPECT_TRUE(Face(world, "note", "yjs").opened());
  Face unknown(world, "other", "no such face");
  EXPECT_FALSE(unknown.opened());
}

TEST(Types, TheFirstToOpenAnEmptyObjectChoosesItsTypeWhileItIsOpen) {
  TestWorld world;
  {
    Face first(world, "new", "toy");
    ASSERT_TRUE(first.opened());
    EXPECT_FALSE(Face(world, "new", "yjs").opened());
  }
  // Nobody changed it, so it has no type yet.
  Face later(world, "new", "yjs");
  ASSERT_TRUE(later.opened());
  EXPECT_EQ((*later.opened())->object().type().name(), "doc");
}

TEST(Types, AnUnknownTypeIsUnsupportedAndNotDamaged) {
  TestWorld world;
  {
    Face list(world, "list", "toy");
    for (std::uint64_t i = 0; i < 40; ++i) ASSERT_TRUE(list.submit(insertion(i, 0, "x")));
  }
  submit(world, "note", Typist(1).type("text"));
  const merge::TypeRegistry documents{&merge::doc_type()};
  const ReplaySources sources(*world.log, documents);
  Quarantine quarantine(world.loop);
  ObjectCache cache(sources, {}, &quarantine);
  std::optional<Error> error;
  cache.acquire("w", "list", [&](Result<Resident*> resident) { error = resident.error(); });
  world.loop.run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kUnsupported);
  EXPECT_EQ(error->message, "this server does not know objects of type 'toy-list'");
  EXPECT_EQ(quarantine.find("w", "list"), nullptr);
  Resident* note = nullptr;
  cache.acquire("w", "note", [&](Result<Resident*> resident) { note = resident.value(); });
  world.loop.run();
  ASSERT_NE(note, nullptr);
  cache.release(*note);
  // The log stays readable, and what it holds is told as far as it is known.
  const auto page = ask<ChangePage>(
      world, [&](auto done) { list_changes(sources, "w", "", 0, 41, 100, std::move(done)); });
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->changes.size(), 41u);
  EXPECT_EQ(page->changes[0].told, merge::kNotTold);
  EXPECT_NE(page->changes[40].told, merge::kNotTold);
}

// Appends events to object "o" as they are.
void append(TestWorld& world, std::vector<log::Event> events) {
  const log::Head head = head_of(world);
  testing::TestChain chain(head);
  std::vector<log::EncodedEvent> encoded;
  for (log::Event& event : events) {
    event.object = "o";
    encoded.push_back(chain.seal(event, 1000).value());
  }
  bool stored = false;
  world.log->events().append("w", {.events = std::move(encoded), .after = head.last_position},
                             [&](Result<log::Appended> done) { stored = done.has_value(); });
  world.commit();
  ASSERT_TRUE(stored);
}

log::Event event_of(std::string type, std::uint64_t generation, Bytes intent) {
  log::Event event;
  event.type = std::move(type);
  event.generation = generation;
  event.intent = std::move(intent);
  return event;
}

TEST(Types, AGenerationBeginsAnewWithTheTypeOfItsFirstEvent) {
  TestWorld world;
  append(world, {event_of("doc", 1, Typist(1).type("before")),
                 event_of("toy-register", 2, test::toy_write(0, "after"))});
  EXPECT_EQ(replay(world, "o", 1).value().object->type().name(), "doc");
  const auto now = replay(world, "o", 2);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->generation, 2u);
  EXPECT_EQ(now->object->to_json(), R"({"version":1,"value":"after"})");
  Face face(world, "o", "toy-strict");
  ASSERT_TRUE(face.opened());
  ASSERT_TRUE(face.submit(test::toy_write(1, "more")));
  EXPECT_EQ(events_of(world).back().generation, 2u);
}

TEST(Types, AnEventOfAnotherTypeThanItsGenerationIsDamage) {
  TestWorld world;
  append(world, {event_of("toy-register", 1, test::toy_write(0, "a")),
                 event_of("doc", 1, Typist(1).type("b"))});
  const auto replayed = replay(world, "o", 2);
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(replayed.error().message.find("it is of type 'doc', and its object of type"),
            std::string::npos)
      << replayed.error().message;
  EXPECT_TRUE(replay(world, "o", 1));
}

}  // namespace
}  // namespace syncline::state
