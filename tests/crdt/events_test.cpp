// What observers are told, in which order, and with which deltas.
#include <gtest/gtest.h>

#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

class Events : public testing::Test {
 protected:
  Doc doc_{{.client_id = 1, .gc = true, .guid = "one"}};
  std::vector<std::string> log_;
};

std::string steps(const Path& path) {
  std::string out;
  for (const auto& step : path.steps) {
    if (const auto* key = std::get_if<std::string>(&step)) out += "." + *key;
    if (const auto* index = std::get_if<std::uint32_t>(&step))
      out += "[" + std::to_string(*index) + "]";
  }
  return out;
}

TEST_F(Events, ArrayDeltaTellsRetainedDeletedAndInserted) {
  Array array = doc_.array("a");
  ASSERT_TRUE(array.insert(0, {1, 2, 3, 4}));
  Delta delta;
  array.observe([&](const TypeEvent& event) { delta = event.delta; });
  doc_.transact([&] {
    ASSERT_TRUE(array.erase(1, 2));
    ASSERT_TRUE(array.insert(1, {"new", true}));
  });
  ASSERT_EQ(delta.size(), 3u);
  EXPECT_EQ(delta[0].kind, DeltaOp::Kind::kRetain);
  EXPECT_EQ(delta[0].length, 1u);
  EXPECT_EQ(delta[1].kind, DeltaOp::Kind::kInsert);
  ASSERT_EQ(delta[1].values.size(), 2u);
  EXPECT_EQ(std::get<Any>(delta[1].values[0]), Any("new"));
  EXPECT_EQ(delta[2].kind, DeltaOp::Kind::kDelete);
  EXPECT_EQ(delta[2].length, 2u);
}

TEST_F(Events, MapTellsTheOldValues) {
  Map map = doc_.map("m");
  ASSERT_TRUE(map.set("kept", 1));
  ASSERT_TRUE(map.set("gone", "old"));
  std::vector<KeyChange> keys;
  map.observe([&](const TypeEvent& event) { keys = event.keys; });
  doc_.transact([&] {
    ASSERT_TRUE(map.set("kept", 2));
    ASSERT_TRUE(map.erase("gone"));
    ASSERT_TRUE(map.set("fresh", 3));
    ASSERT_TRUE(map.set("brief", 4));
    ASSERT_TRUE(map.erase("brief"));
  });
  ASSERT_EQ(keys.size(), 3u) << "what came and went in one transaction is not told";
  EXPECT_EQ(keys[0].action, KeyChange::Action::kUpdate);
  EXPECT_EQ(std::get<Any>(*keys[0].old_value), Any(1));
  EXPECT_EQ(keys[1].action, KeyChange::Action::kDelete);
  EXPECT_EQ(std::get<Any>(*keys[1].old_value), Any("old"));
  EXPECT_EQ(keys[2].action, KeyChange::Action::kAdd);
  EXPECT_FALSE(keys[2].old_value);
}

TEST_F(Events, DeepObserversGetAllChangesBelowOnceNearestFirst) {
  Map root = doc_.map("m");
  const Type list = *root.set_type("list", TypeKind::kArray);
  const Type inner = *as<Array>(list).insert_type(0, TypeKind::kMap);
  int calls = 0;
  root.observe_deep([&](const std::vector<TypeEvent>& events) {
    ++calls;
    for (const TypeEvent& event : events) log_.push_back(steps(event.path));
  });
  std::string seen_from_list;
  Type(list).observe_deep([&](const std::vector<TypeEvent>& events) {
    for (const TypeEvent& event : events) seen_from_list += steps(event.path) + ";";
  });
  doc_.transact([&] {
    ASSERT_TRUE(as<Map>(inner).set("x", 1));
    ASSERT_TRUE(as<Array>(list).insert(0, {"before"}));
    ASSERT_TRUE(root.set("y", 2));
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(log_, (std::vector<std::string>{"", ".list", ".list[1]"}));
  EXPECT_EQ(seen_from_list, ";[1];");
}

TEST_F(Events, ChangesInNewAndInDeletedTypesAreNotReported) {
  Array array = doc_.array("a");
  const Type old = *array.insert_type(0, TypeKind::kMap);
  Type(old).observe([&](const TypeEvent&) { log_.push_back("old"); });
  array.observe_deep([&](const std::vector<TypeEvent>& events) {
    for (const TypeEvent& event : events) log_.push_back(steps(event.path) + "!");
  });
  doc_.transact([&] {
    ASSERT_TRUE(as<Map>(old).set("x", 1));
    ASSERT_TRUE(array.erase(0));
    const Type fresh = *array.insert_type(0, TypeKind::kMap);
    ASSERT_TRUE(as<Map>(fresh).set("y", 1));
  });
  EXPECT_EQ(log_, std::vector<std::string>{"!"});
}

TEST_F(Events, TextDeltaShowsFormatChanges) {
  Text text = doc_.text("t");
  ASSERT_TRUE(text.insert(0, "hello world"));
  Delta delta;
  text.observe([&](const TypeEvent& event) { delta = event.delta; });
  ASSERT_TRUE(text.format(6, 5, {{"bold", true}}));
  ASSERT_EQ(delta.size(), 2u);
  EXPECT_EQ(delta[0].length, 6u);
  EXPECT_TRUE(delta[0].attributes.empty());
  EXPECT_EQ(delta[1].length, 5u);
  EXPECT_EQ(delta[1].attributes, (Attributes{{"bold", true}}));
  ASSERT_TRUE(text.format(6, 5, {{"bold", Any::Null{}}}));
  ASSERT_EQ(delta.size(), 2u);
  EXPECT_EQ(delta[1].attributes, (Attributes{{"bold", Any::Null{}}}));
}

TEST_F(Events, TypingBesideObservedTextInsertsOnlyTheNewCharacters) {
  Text text = doc_.text("t");
  ASSERT_TRUE(text.insert(0, "ab"));
  Delta delta;
  const auto token = text.observe([&](const TypeEvent& event) { delta = event.delta; });
  ASSERT_TRUE(text.insert(2, "c"));
  ASSERT_EQ(delta.size(), 2u);
  EXPECT_EQ(delta[0].length, 2u);
  EXPECT_EQ(delta[1].text, "c");
  doc_.off(token);
  delta.clear();
  ASSERT_TRUE(text.insert(3, "d"));
  EXPECT_TRUE(delta.empty()) << "the observer was removed";
}

TEST_F(Events, ObserversMayEditAndTheirUpdatesFollow) {
  Map map = doc_.map("m");
  doc_.on_update([&](const UpdateEvent&) { log_.push_back("update"); });
  map.observe([&](const TypeEvent& event) {
    log_.push_back(event.keys.front().key);
    if (event.keys.front().key == "first") {
      EXPECT_TRUE(map.set("second", 2).has_value());
    }
  });
  ASSERT_TRUE(map.set("first", 1));
  EXPECT_EQ(log_, (std::vector<std::string>{"first", "update", "second", "update"}));
}

TEST_F(Events, SubdocumentsComeAndGo) {
  Map map = doc_.map("m");
  doc_.on_subdocs([&](const SubdocsEvent& event) {
    for (const Subdoc& doc : event.added) log_.push_back("+" + doc.guid);
    for (const Subdoc& doc : event.removed) log_.push_back("-" + doc.guid);
    for (const Subdoc& doc : event.loaded) log_.push_back("!" + doc.guid);
  });
  ASSERT_TRUE(map.set_subdoc("page", {"g1", Any::Object{}}));
  ASSERT_TRUE(map.erase("page"));
  EXPECT_EQ(log_, (std::vector<std::string>{"+g1", "!g1", "-g1"}));
}

}  // namespace
}  // namespace syncline::crdt
