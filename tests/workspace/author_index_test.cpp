#include "state/author_index.h"

#include <gtest/gtest.h>

#include <string>

#include "one_workspace.h"
#include "state/blame.h"

namespace syncline::state {
namespace {

log::Event event(log::Position position, Bytes intent, std::string principal = "ann") {
  log::Event made;
  made.position = position;
  made.principal = std::move(principal);
  made.intent = std::move(intent);
  made.generation = 1;
  return made;
}

log::Position author_of(const AuthorIndex& index, crdt::Clock clock) {
  return index.find(1, clock, clock + 1).author.position;
}

TEST(AuthorIndex, TheFirstEventOfAnIdCounts) {
  Typist typist(1);
  const Bytes one = typist.type("ab");
  const Bytes two = typist.type("cd");
  AuthorIndex index;
  index.begin(1);
  index.note(merge::doc_type(), event(3, one));
  index.note(merge::doc_type(), event(5, one, "bob"));
  index.note(merge::doc_type(), event(8, two, "bob"));
  EXPECT_EQ(author_of(index, 0), 3U);
  EXPECT_EQ(author_of(index, 1), 3U);
  EXPECT_EQ(author_of(index, 2), 8U);
  EXPECT_EQ(author_of(index, 4), 0U);
  const auto found = index.find(1, 1, 9);
  EXPECT_EQ(found.end, 2U);
  EXPECT_EQ(*found.author.principal, "ann");
  EXPECT_EQ(index.position(), 8U);
}

// Logs of version 0.1 may hold a change before the one that it needs.
TEST(AuthorIndex, EventsMayComeOutOfTheirOrder) {
  Typist typist(1);
  const Bytes one = typist.type("ab");
  const Bytes two = typist.type("cd");
  AuthorIndex index;
  index.begin(1);
  index.note(merge::doc_type(), event(1, two));
  EXPECT_EQ(author_of(index, 0), 0U);
  EXPECT_EQ(index.find(1, 0, 9).end, 2U) << "what nobody wrote ends where somebody's begins";
  index.note(merge::doc_type(), event(2, one));
  EXPECT_EQ(author_of(index, 0), 2U);
  EXPECT_EQ(author_of(index, 2), 1U);
}

TEST(AuthorIndex, AnotherGenerationIsNotItsBusiness) {
  Typist typist(1);
  AuthorIndex index;
  index.begin(2);
  index.note(merge::doc_type(), event(1, typist.type("ab")));
  EXPECT_EQ(author_of(index, 0), 0U);
  EXPECT_EQ(index.position(), 1U);
}

TEST(AuthorIndexes, TheLeastRecentlyUsedGoFirst) {
  AuthorIndexes indexes(7'000);
  const auto fill = [&](const char* object, int characters) {
    Typist typist(1);
    auto kept = indexes.get("w", object);
    kept->index.begin(1);
    for (int i = 1; i <= characters; ++i)
      kept->index.note(merge::doc_type(), event(static_cast<log::Position>(i), typist.type("x")));
    indexes.grown("w", object);
    return std::weak_ptr(kept);
  };
  const auto a = fill("a", 60);
  const auto b = fill("b", 60);
  indexes.get("w", "a");
  const auto c = fill("c", 60);
  EXPECT_TRUE(b.expired());
  EXPECT_FALSE(a.expired());
  EXPECT_FALSE(c.expired());
  EXPECT_LE(indexes.bytes(), 7'000U);
  const auto large = fill("large", 1000);
  EXPECT_TRUE(large.expired()) << "one that is larger than the budget is not kept";
  EXPECT_LE(indexes.bytes(), 7'000U);
}

// The index is kept, and goes on from where it was.
TEST(AuthorIndexes, AFurtherBlameReadsOnlyWhatIsNew) {
  TestWorld world;
  AuthorIndexes indexes;
  ReplaySources sources = world.sources;
  sources.authors = &indexes;
  Listener listener;
  workspace::LiveObject* live = nullptr;
  world.host.get("w").subscribe(testing::ann(), "o", "yjs", listener,
                                [&](auto opened) { live = opened.value(); });
  world.loop.run();
  Typist typist(1);
  const auto type = [&](const char* text) {
    world.host.get("w").submit(testing::ann(), *live, {.intent = typist.type(text)}, nullptr,
                               [](auto receipt) { EXPECT_TRUE(receipt); });
    world.loop.run();
  };
  const auto blame = [&](log::Position at) {
    auto told =
        ask<Blame>(world, [&](auto done) { blame_object(sources, "w", "o", at, std::move(done)); });
    std::string shown;
    for (const BlamedRun& run : told.value().texts.at(0).runs)
      shown += run.text + std::to_string(run.position) + " ";
    return shown;
  };
  type("a");
  type("b");
  EXPECT_EQ(blame(log::kNow), "a1 b2 ");
  type("c");
  EXPECT_EQ(blame(log::kNow), "a1 b2 c3 ");
  const auto kept = indexes.get("w", "o");
  EXPECT_EQ(kept->index.position(), 3U);
  EXPECT_EQ(blame(2), "a1 b2 ") << "an earlier moment needs no other index";
  EXPECT_EQ(kept, indexes.get("w", "o"));
  // Two that ask at once share the work.
  type("d");
  std::vector<std::string> answers;
  for (int i = 0; i < 2; ++i)
    blame_object(sources, "w", "o", log::kNow, [&](Result<Blame> told) {
      answers.push_back(told.value().texts.at(0).runs.back().text);
    });
  world.loop.run();
  EXPECT_EQ(answers, (std::vector<std::string>{"d", "d"}));
  EXPECT_FALSE(kept->extending);
  world.host.get("w").unsubscribe(*live, listener);
}

// The one of the older generation still reads the index when the other one may begin it anew.
TEST(AuthorIndexes, BlamesOfTwoGenerationsAtOnceDoNotMixUpTheirAuthors) {
  TestWorld world;
  AuthorIndexes indexes;
  ReplaySources sources = world.sources;
  sources.authors = &indexes;
  testing::TestChain chain(head_of(world));
  std::vector<log::EncodedEvent> encoded;
  for (std::uint64_t generation : {1, 2}) {
    log::Event written;
    written.object = "o";
    written.type = "doc";
    written.generation = generation;
    written.intent = Typist(generation).type("x");
    encoded.push_back(chain.seal(written, 1000).value());
  }
  world.log->events().append("w", {.events = std::move(encoded)},
                             [](const auto& stored) { EXPECT_TRUE(stored); });
  world.commit();
  std::vector<log::Position> authors;
  for (const log::Position at : {log::Position{1}, log::kNow})
    blame_object(sources, "w", "o", at, [&](Result<Blame> told) {
      authors.push_back(told.value().texts.at(0).runs.at(0).position);
    });
  world.loop.run();
  EXPECT_EQ(authors, (std::vector<log::Position>{1, 2}));
}

}  // namespace
}  // namespace syncline::state
