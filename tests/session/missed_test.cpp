// What a slow reader lacks, for types with versions and without.
#include "session/missed.h"

#include <gtest/gtest.h>

#include "merge/facets.h"
#include "support/test_world.h"
#include "support/toy_register.h"

namespace syncline::session {
namespace {

using testing::Typist;

// A document, and the changes that made it.
struct History {
  std::unique_ptr<merge::Object> object = merge::doc_type().create();
  std::vector<Bytes> changes;  // of the positions from 1 on
  Typist typist{1};

  void type(std::string_view text) {
    changes.push_back(typist.type(text));
    EXPECT_TRUE(object->apply(changes.back()));
  }
  log::Position position() const { return changes.size(); }
  Bytes version() const { return merge::version_of(*object).value(); }
  void drop(Missed& missed, log::Position position) const {
    missed.drop(*object, {.position = position, .payload = changes[position - 1]});
  }
  // Of a client that was passed on the changes in `got`, and then what it missed.
  std::string caught_up(const Missed& missed, std::initializer_list<log::Position> got) const {
    Typist client(2);
    for (const log::Position position : got) client.receive(changes[position - 1]);
    client.receive(merge::diff_since(*object, missed.version()).value());
    return client.text();
  }
};

TEST(Missed, WhatWasOnItsWayAndWhatCameLaterIsMadeUpFor) {
  History history;
  for (const char* text : {"a", "b", "c"}) history.type(text);
  Missed missed(history.version(),
                history.position());  // 2 and 3 are in the state, and on their way
  history.drop(missed, 2);
  history.drop(missed, 3);
  const Bytes version = missed.version();
  history.type("d");
  history.drop(missed, 4);
  EXPECT_EQ(missed.version(), version) << "it knows nothing of what came later";
  EXPECT_EQ(history.caught_up(missed, {1}), "abcd");
}

TEST(Missed, ChangesThatWereJoinedCountFromTheFirstOn) {
  History history;
  for (const char* text : {"a", "b"}) history.type(text);
  Missed missed(history.version(), history.position());
  history.type("c");
  const std::vector<ByteView> parts{history.changes[1], history.changes[2]};
  const Bytes joined = merge::doc_type().join(parts).value();
  missed.drop(*history.object, {.position = 3, .joined_from = 2, .payload = joined});
  EXPECT_EQ(history.caught_up(missed, {1}), "abc");
}

TEST(Missed, ADiffThatWasNotSentCountsAsMissed) {
  History history;
  history.type("a");
  const Missed before(history.version(), history.position());
  for (const char* text : {"b", "c"}) history.type(text);
  Missed missed = before;  // 2 was dropped, a diff was asked for and found the queue full
  Missed since(history.version(), history.position());
  history.drop(since, 3);
  missed.and_also(*history.object, since);
  EXPECT_EQ(history.caught_up(missed, {1}), "abc");
  history.type("d");
  history.drop(missed, 4);
  EXPECT_EQ(history.caught_up(missed, {1}), "abcd");
}

TEST(Missed, ATypeWithoutVersionsKnowsNothingOfItsClients) {
  test::ToyRegister object;
  const Bytes write = test::RegisterWrite{0, "x"}.encode();
  ASSERT_TRUE(object.apply(write));
  Missed missed(Bytes{}, 1);
  missed.drop(object, {.position = 1, .payload = write});
  missed.and_also(object, Missed(Bytes{}, 1));
  EXPECT_TRUE(missed.version().empty());
}

}  // namespace
}  // namespace syncline::session
