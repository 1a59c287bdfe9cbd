// What applications use beside editing: walking, slices, transactions seen from outside,
// subdocuments, the difference of two versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syncline/crdt.h"

namespace syncline::crdt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string json(const std::vector<Value>& values) {
  Any::Array array;
  for (const Value& value : values) array.push_back(std::get<Any>(value));
  return to_json(Any(std::move(array)));
}

TEST(Api, SlicesOfAnArray) {
  Doc doc({.client_id = 1});
  Array array = doc.array("a");
  ASSERT_TRUE(array.push({2, 3, 4, 5, 6}));
  ASSERT_TRUE(array.unshift({0, 1}));
  ASSERT_TRUE(array.erase(3, 2));
  EXPECT_EQ(json(array.slice(0, 99)), "[0,1,2,5,6]");
  for (std::uint32_t begin = 0; begin <= 6; ++begin) {
    for (std::uint32_t end = 0; end <= 6; ++end) {
      std::vector<Value> wanted = array.values();
      if (end < wanted.size()) wanted.resize(end);
      wanted.erase(wanted.begin(), wanted.begin() + std::min<std::size_t>(begin, wanted.size()));
      EXPECT_EQ(json(array.slice(begin, end)), json(wanted)) << begin << " " << end;
    }
  }
  EXPECT_EQ(array.push_type(TypeKind::kMap)->parent(), array);
  EXPECT_EQ(array.length(), 6u);
}

TEST(Api, KeysOfAMap) {
  Doc doc({.client_id = 1});
  Map map = doc.map("m");
  ASSERT_TRUE(map.set("b", 1));
  ASSERT_TRUE(map.set("a", 2));
  ASSERT_TRUE(map.set("gone", 3));
  ASSERT_TRUE(map.erase("gone"));
  EXPECT_THAT(map.keys(), ElementsAre("b", "a"));
  EXPECT_TRUE(map.has("a"));
  EXPECT_FALSE(map.has("gone"));
  EXPECT_FALSE(map.has("never"));
  int updates = 0;
  doc.on_update([&](const UpdateEvent&) { ++updates; });
  ASSERT_TRUE(map.clear());
  EXPECT_EQ(updates, 1);
  EXPECT_THAT(map.keys(), IsEmpty());
  EXPECT_FALSE(doc.array("a").push({1}) && as<Map>(doc.array("a")).clear());
}

TEST(Api, WalkingXml) {
  Doc doc({.client_id = 1});
  XmlFragment root = doc.xml_fragment("x");
  EXPECT_FALSE(root.first_child());
  XmlElement first = *root.push_element("p");
  XmlText text = *root.push_text();
  XmlElement last = *root.insert_element(2, "div");
  XmlElement inner = *last.push_element("P");
  EXPECT_EQ(root.first_child(), first);
  EXPECT_EQ(first.next_sibling(), text);
  EXPECT_EQ(last.previous_sibling(), text);
  EXPECT_FALSE(last.next_sibling());
  EXPECT_FALSE(first.previous_sibling());
  EXPECT_EQ(inner.parent(), last);
  EXPECT_FALSE(root.parent());
  EXPECT_FALSE(root.next_sibling());
  EXPECT_THAT(root.descendants(), ElementsAre(first, text, last, inner));
  EXPECT_THAT(root.find_elements("p"), ElementsAre(first, inner));
  EXPECT_EQ(root.find_element("DIV"), last);
  EXPECT_FALSE(root.find_element("h1"));

  ASSERT_TRUE(root.erase(1));
  EXPECT_EQ(first.next_sibling(), last) << "deleted siblings are passed over";
  EXPECT_FALSE(text.parent());
  EXPECT_FALSE(text.next_sibling());
  EXPECT_FALSE(root.insert_element(9, "p"));
  EXPECT_FALSE(root.insert_text(9));
}

TEST(Api, ValuesOfAMapHaveNoSiblings) {
  Doc doc({.client_id = 1});
  const Type first = *doc.map("m").set_type("k", TypeKind::kArray);
  const Type second = *doc.map("m").set_type("k", TypeKind::kArray);
  EXPECT_FALSE(second.previous_sibling());
  EXPECT_TRUE(first.deleted());
}

TEST(Api, FindsRootsWithoutMakingThem) {
  Doc doc({.client_id = 1});
  EXPECT_FALSE(doc.find_root("t"));
  EXPECT_THAT(doc.roots(), IsEmpty());
  const Text text = doc.text("t");
  EXPECT_EQ(doc.find_root("t"), text);
}

TEST(Api, TransactionsAreReported) {
  Doc doc({.client_id = 1});
  Map map = doc.map("m");
  std::vector<TransactionEvent> seen;
  const Doc::Token token =
      doc.on_transaction([&](const TransactionEvent& event) { seen.push_back(event); });
  EXPECT_FALSE(doc.in_transaction());
  doc.transact(
      [&] {
        EXPECT_TRUE(doc.in_transaction());
        ASSERT_TRUE(map.set("k", 1));
        ASSERT_TRUE(map.set("k", 2));
      },
      5);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].origin, 5u);
  EXPECT_TRUE(seen[0].local);
  EXPECT_THAT(seen[0].changed, ElementsAre(map));
  EXPECT_EQ(*seen[0].inserted.find(1), (IdSet::Ranges{{0, 2}}));
  EXPECT_EQ(*seen[0].deleted.find(1), (IdSet::Ranges{{0, 1}}));

  const Type nested = *map.set_type("list", TypeKind::kArray);
  ASSERT_TRUE(as<Array>(nested).push({1}));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_THAT(seen[2].changed, ElementsAre(nested, map)) << "and all around it";

  doc.transact([] {});
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_TRUE(seen[3].inserted.empty());
  Doc other({.client_id = 2});
  ASSERT_TRUE(other.text("t").insert(0, "x"));
  ASSERT_TRUE(doc.apply_update(other.encode_state_as_update(), UpdateVersion::kV1, 9));
  EXPECT_FALSE(seen.back().local);
  EXPECT_EQ(seen.back().origin, 9u);
  doc.off(token);
  ASSERT_TRUE(map.set("k", 3));
  EXPECT_EQ(seen.size(), 5u);
}

std::vector<std::string> guids(const std::vector<Subdoc>& subdocs) {
  std::vector<std::string> guids;
  for (const Subdoc& subdoc : subdocs) guids.push_back(subdoc.guid);
  return guids;
}

TEST(Api, SubdocumentsAreListedAndLoaded) {
  Doc doc({.client_id = 1});
  Map map = doc.map("m");
  ASSERT_TRUE(map.set_subdoc("a", {"guid-a", {}}));
  ASSERT_TRUE(map.set_subdoc("b", {"guid-b", Any::Object{{"autoLoad", true}}}));
  EXPECT_THAT(guids(doc.subdocs()), ElementsAre("guid-a", "guid-b"));

  Doc other({.client_id = 2});
  std::vector<SubdocsEvent> events;
  other.on_subdocs([&](const SubdocsEvent& event) { events.push_back(event); });
  ASSERT_TRUE(other.apply_update(doc.encode_state_as_update()));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_THAT(guids(events[0].loaded), ElementsAre("guid-b"));
  ASSERT_TRUE(other.load_subdoc("guid-b")) << "is loaded";
  EXPECT_EQ(events.size(), 1u);
  other.transact([&] {
    ASSERT_TRUE(other.load_subdoc("guid-a"));
    ASSERT_TRUE(other.load_subdoc("guid-a"));
  });
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(guids(events[1].loaded), ElementsAre("guid-a"));
  ASSERT_TRUE(other.unload_subdoc("guid-a"));
  EXPECT_THAT(guids(events[2].removed), ElementsAre("guid-a"));
  EXPECT_THAT(guids(events[2].added), ElementsAre("guid-a"));
  EXPECT_THAT(guids(other.subdocs()), ElementsAre("guid-b", "guid-a"));
  ASSERT_TRUE(other.load_subdoc("guid-a"));
  EXPECT_EQ(events.size(), 4u);

  ASSERT_TRUE(other.map("m").erase("a"));
  EXPECT_THAT(guids(other.subdocs()), ElementsAre("guid-b"));
  EXPECT_EQ(other.load_subdoc("guid-a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(other.unload_subdoc("guid-a").error().code, ErrorCode::kNotFound);
}

std::string describe(const Delta& delta) {
  std::string text;
  for (const DeltaOp& op : delta) {
    text += op.values.empty() ? op.text : to_json(std::get<Any>(op.values[0]));
    text += '(';
    for (const auto& [name, value] : op.attributes)
      text += name == "ychange" ? std::get<std::string>(value.find("type")->value()) : name;
    text += ')';
  }
  return text;
}

TEST(Api, TheDifferenceOfTwoVersions) {
  Doc doc({.client_id = 1, .gc = false});
  Text text = doc.text("t");
  const Snapshot nothing = take_snapshot(doc);
  ASSERT_TRUE(text.insert(0, "one two three"));
  const Snapshot first = take_snapshot(doc);
  ASSERT_TRUE(text.erase(4, 4));
  ASSERT_TRUE(text.insert(4, "2 "));
  ASSERT_TRUE(text.format(0, 3, {{"bold", true}}));
  ASSERT_TRUE(text.insert_embed(text.length(), Any(Any::Object{{"image", 1}})));
  const Snapshot second = take_snapshot(doc);
  ASSERT_TRUE(text.erase(0, text.length()));
  const Snapshot third = take_snapshot(doc);

  EXPECT_EQ(describe(*delta_between(text, nothing, first)), "one two three(added)");
  EXPECT_EQ(describe(*delta_between(text, first, first)), "one two three()");
  EXPECT_EQ(describe(*delta_between(text, first, second)),
            "one(bold) ()two (removed)2 (added)three(){\"image\":1}(added)");
  EXPECT_EQ(describe(*delta_between(text, second, first)),
            "one ()two (added)2 (removed)three(){\"image\":1}(removed)");
  EXPECT_EQ(describe(*delta_between(text, nothing, third)), "");

  Doc collecting({.client_id = 2});
  EXPECT_EQ(delta_between(collecting.text("t"), first, second).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(delta_between(as<Text>(doc.map("m")), first, second).error().code, ErrorCode::kInvalid);
}

TEST(Api, OwnPresence) {
  Awareness own;
  Awareness other;
  const AwarenessChange change = *own.set_local(7, R"({"name":"Ada"})", 0);
  EXPECT_THAT(change.added, ElementsAre(7u));
  EXPECT_THAT(other.apply(own.encode(change.all()), 0)->added, ElementsAre(7u));
  EXPECT_THAT(own.set_local(7, R"({"name":"Eve"})", 1)->updated, ElementsAre(7u));
  EXPECT_THAT(other.apply(own.encode_all(), 1)->updated, ElementsAre(7u));
  EXPECT_EQ(other.state(7), R"({"name":"Eve"})");

  EXPECT_TRUE(own.expire(30'000).empty());
  EXPECT_THAT(own.renew_local(7, 30'000).updated, ElementsAre(7u));
  EXPECT_TRUE(own.expire(40'000).empty());
  EXPECT_THAT(other.apply(own.encode_all(), 30'000)->updated, ElementsAre(7u));
  EXPECT_THAT(own.set_local(7, "null", 50'000)->removed, ElementsAre(7u));
  const std::vector<ClientId> ids{7};
  EXPECT_THAT(other.apply(own.encode(ids), 50'000)->removed, ElementsAre(7u));
  EXPECT_TRUE(own.renew_local(7, 50'000).empty());
  EXPECT_TRUE(own.renew_local(8, 50'000).empty());

  Awareness small({.max_clients = 1, .max_state_bytes = 10});
  EXPECT_EQ(small.set_local(1, R"("0123456789")", 0).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(small.set_local(1, "1", 0));
  EXPECT_EQ(small.set_local(2, "1", 0).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(small.set_local(1, "{", 0).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(small.state(1), "1");
}

// Everything that a type can hold; tests/differential compares with Yjs.
void fill_with_everything(Doc& doc) {
  const Map map = doc.map("m");
  ASSERT_TRUE(Map(map).set("n", 1));
  ASSERT_TRUE(Map(map).set_subdoc("d", {"guid", Any::Object{{"meta", 1}}}));
  Array array = as<Array>(*Map(map).set_type("list", TypeKind::kArray));
  ASSERT_TRUE(array.push({1, Bytes{2}, "three"}));
  ASSERT_TRUE(array.push_type(TypeKind::kMap));
  Text text = as<Text>(*Map(map).set_type("text", TypeKind::kText));
  ASSERT_TRUE(text.insert(0, "plain"));
  ASSERT_TRUE(text.format(1, 2, {{"bold", true}}));
  ASSERT_TRUE(text.insert_embed(5, Any::Object{{"image", "x"}}));
  Text inner = as<Text>(*text.insert_type(6, TypeKind::kText, {{"kind", "note"}}));
  ASSERT_TRUE(inner.insert(0, "inner"));
  ASSERT_TRUE(text.insert(7, "end"));
  ASSERT_TRUE(text.set_attribute("lang", "en"));
  XmlElement element = as<XmlElement>(*Map(map).set_type("xml", TypeKind::kXmlElement, "p"));
  ASSERT_TRUE(element.set_attribute("id", "7"));
  ASSERT_TRUE(element.push_text()->insert(0, "in p"));
}

TEST(Api, CopiesHoldEverything) {
  Doc other({.client_id = 2});
  const Type copied = [&] {
    Doc doc({.client_id = 1});
    fill_with_everything(doc);
    const TypeCopy copy = TypeCopy::of(doc.map("m")).value();
    EXPECT_EQ(to_json(doc.map("m").to_json()),
              to_json(copy.set_in(doc.map("o"), "copy")->to_json()));
    return copy.insert_into(other.array("a"), 0).value();
  }();
  Doc expected({.client_id = 1});
  fill_with_everything(expected);
  EXPECT_EQ(to_json(copied.to_json()), to_json(expected.map("m").to_json()));
  const Text text = as<Text>(std::get<Type>(*as<Map>(copied).get("text")));
  EXPECT_EQ(text.attributes(), (Attributes{{"lang", "en"}}));
  const Delta delta = text.to_delta();
  ASSERT_EQ(delta.size(), 6u);
  EXPECT_EQ(delta[1].attributes, (Attributes{{"bold", true}}));
  EXPECT_EQ(as<Text>(std::get<Type>(delta[4].values[0])).to_string(), "inner");
  EXPECT_EQ(delta[4].attributes, (Attributes{{"kind", "note"}}));
  EXPECT_THAT(other.subdocs(), testing::SizeIs(1));
  EXPECT_TRUE(other.check());
}

TEST(Api, CopiesThatCannotBe) {
  Doc doc({.client_id = 1});
  const Type gone = *doc.array("a").push_type(TypeKind::kMap);
  const TypeCopy copy = TypeCopy::of(gone).value();
  ASSERT_TRUE(doc.array("a").erase(0));
  EXPECT_EQ(TypeCopy::of(gone).error().code, ErrorCode::kInvalid);
  const Bytes before = doc.encode_state_as_update();
  EXPECT_EQ(copy.insert_into(doc.array("a"), 1).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(copy.set_in(as<Map>(gone), "k").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(copy.insert_into(as<XmlFragment>(doc.text("t")), 0).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(doc.encode_state_as_update(), before);

  Array deep = doc.array("deep");
  for (int i = 1; i < TypeCopy::kMaxDepth; ++i) deep = as<Array>(*deep.push_type(TypeKind::kArray));
  EXPECT_TRUE(TypeCopy::of(doc.array("deep")));
  ASSERT_TRUE(deep.push_type(TypeKind::kArray));
  EXPECT_EQ(TypeCopy::of(doc.array("deep")).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace syncline::crdt
