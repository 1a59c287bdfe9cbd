// A past state comes back by an edit: the document shows what it showed then, and keeps what is equal.
#include <gtest/gtest.h>

#include <random>

#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Doc;
using crdt::TypeKind;

std::unique_ptr<Object> object_of(const Doc& doc) {
  auto object = doc_type().create();
  EXPECT_TRUE(object->apply(doc.encode_state_as_update()));
  return object;
}

// What the doc's present state becomes when it is restored to `then`.
std::string restored_text(const Doc& now, const Doc& then) {
  const auto present = object_of(now);
  const auto past = object_of(then);
  auto change = change_to(*present, *past, 99);
  EXPECT_TRUE(change) << change.error().message;
  EXPECT_TRUE(present->prepare(*change));
  EXPECT_TRUE(present->apply(*change));
  // Once more changes nothing.
  const auto again = change_to(*present, *past, 98);
  EXPECT_TRUE(again && !present->prepare(*again)->changes);
  return present->to_json();
}

Doc copy_of(const Doc& doc) {
  Doc copy({.client_id = 50});
  EXPECT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  return copy;
}

std::string json(const Doc& doc) {
  return object_of(doc)->to_json();
}

TEST(DocRestore, TextKeepsWhatIsEqual) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("content").insert(0, "grün und 𝄞 blau"));
  const Doc then = copy_of(doc);
  ASSERT_TRUE(doc.text("content").erase(9, 2));
  ASSERT_TRUE(doc.text("content").insert(9, "𝄢 rot"));
  EXPECT_EQ(restored_text(doc, then), json(then));
  // One character came back, by the restorer; all others are whose they were.
  const auto present = object_of(doc);
  const auto change = change_to(*present, *object_of(then), 99);
  const auto ids = doc_type().ids_of(*change);
  crdt::Clock brought = 0;
  for (const IdRange& range : *ids) brought += range.length;
  EXPECT_EQ(brought, 2u);
}

TEST(DocRestore, FormatsMapsListsAndXmlComeBack) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("rich").insert(0, "plain"));
  ASSERT_TRUE(doc.text("rich").format(1, 2, {{"bold", Any(true)}}));
  ASSERT_TRUE(doc.map("m").set("a", Any(1.0)));
  ASSERT_TRUE(doc.map("m").set("b", Any("x")));
  auto nested = doc.map("m").set_type("text", TypeKind::kText);
  ASSERT_TRUE(nested);
  ASSERT_TRUE(crdt::as<crdt::Text>(*nested).insert(0, "inside"));
  ASSERT_TRUE(doc.array("l").push({Any(1.0), Any(2.0), Any(3.0)}));
  auto map = doc.array("l").push_type(TypeKind::kMap);
  ASSERT_TRUE(map);
  ASSERT_TRUE(crdt::as<crdt::Map>(*map).set("deep", Any("yes")));
  auto paragraph = doc.xml_fragment("x").push_element("p");
  ASSERT_TRUE(paragraph);
  ASSERT_TRUE(paragraph->push_text()->insert(0, "words"));
  const Doc then = copy_of(doc);

  ASSERT_TRUE(doc.text("rich").format(0, 5, {{"bold", Any()}}));
  ASSERT_TRUE(doc.map("m").erase("a"));
  ASSERT_TRUE(doc.map("m").set("b", Any("y")));
  ASSERT_TRUE(doc.map("m").set("c", Any("new")));
  ASSERT_TRUE(crdt::as<crdt::Text>(*nested).insert(2, "!!"));
  ASSERT_TRUE(doc.array("l").erase(1, 3));
  ASSERT_TRUE(doc.xml_fragment("x").erase(0, 1));
  ASSERT_TRUE(doc.text("later").insert(0, "was not there"));
  const Doc empty({.client_id = 3});

  // A root that came later stays, empty.
  Doc back({.client_id = 2});
  const auto present = object_of(doc);
  ASSERT_TRUE(present->apply(*change_to(*present, *object_of(then), 99)));
  ASSERT_TRUE(back.apply_update(*diff_since(*present, {})));
  EXPECT_EQ(json(back).find("was not there"), std::string::npos);
  Doc reference = copy_of(then);
  EXPECT_EQ(back.map("m").to_json(), reference.map("m").to_json());
  EXPECT_EQ(back.array("l").to_json(), reference.array("l").to_json());
  EXPECT_EQ(back.xml_fragment("x").to_string(), reference.xml_fragment("x").to_string());
  EXPECT_EQ(back.text("rich").to_delta().size(), reference.text("rich").to_delta().size());
  EXPECT_EQ(back.text("later").length(), 0u);
  // And to nothing.
  const auto gone = object_of(doc);
  ASSERT_TRUE(gone->apply(*change_to(*gone, *object_of(empty), 97)));
  Doc nothing({.client_id = 4});
  ASSERT_TRUE(nothing.apply_update(*diff_since(*gone, {})));
  EXPECT_EQ(nothing.text("rich").length() + nothing.array("l").length() +
                nothing.map("m").entries().size() + nothing.xml_fragment("x").length(),
            0u);
}

TEST(DocRestore, AnyStateOfARandomHistoryComesBack) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice(seed);
    Doc doc({.client_id = 1});
    std::vector<Doc> states;
    for (int i = 0; i < 40; ++i) {
      crdt::Text text = doc.text("t");
      crdt::Array list = doc.array("l");
      switch (dice() % 5) {
        case 0: ASSERT_TRUE(text.insert(dice() % (text.length() + 1), "äb𝄞")); break;
        case 1:
          if (text.length() > 8) {
            ASSERT_TRUE(text.erase(dice() % 4 * 2, 2));
          }
          break;
        case 2:
          ASSERT_TRUE(list.insert(dice() % (list.length() + 1), {Any(double(dice() % 5))}));
          break;
        case 3:
          if (list.length() > 1) {
            ASSERT_TRUE(list.erase(dice() % list.length(), 1));
          }
          break;
        case 4:
          ASSERT_TRUE(doc.map("m").set(std::string(1, 'a' + dice() % 3), Any(double(i))));
          break;
      }
      states.push_back(copy_of(doc));
    }
    for (std::size_t i = 3; i < states.size(); i += 7) {
      Doc back({.client_id = 2});
      const auto present = object_of(doc);
      const auto change = change_to(*present, *object_of(states[i]), 99);
      ASSERT_TRUE(change) << change.error().message;
      ASSERT_TRUE(present->apply(*change));
      ASSERT_TRUE(back.apply_update(*diff_since(*present, {})));
      EXPECT_EQ(back.text("t").to_string(), states[i].text("t").to_string());
      EXPECT_EQ(back.array("l").to_json(), states[i].array("l").to_json());
      EXPECT_EQ(back.map("m").entries().size(), states[i].map("m").entries().size());
    }
  }
}

TEST(DocRestore, ARootOfAnotherKindIsRefused) {
  Doc now({.client_id = 1});
  ASSERT_TRUE(now.text("r").insert(0, "text"));
  Doc then({.client_id = 2});
  ASSERT_TRUE(then.map("r").set("k", Any(1.0)));
  EXPECT_EQ(change_to(*object_of(now), *object_of(then), 9).error().code, ErrorCode::kUnsupported);
}

// However deep maps lie within maps: each level of a restore takes a stack frame.
TEST(DocRestore, MapsNestedTooDeepAreRefused) {
  const auto nested = [](int depth, double value) {
    auto doc = std::make_unique<Doc>(crdt::DocOptions{.client_id = 1});
    doc->transact([&] {
      crdt::Map map = doc->map("m");
      for (int i = 0; i < depth; ++i) {
        EXPECT_TRUE(map.set("v", Any(value)));
        map = crdt::as<crdt::Map>(map.set_type("k", TypeKind::kMap).value());
      }
    });
    return doc;
  };
  const auto change = [&](int depth) {
    return change_to(*object_of(*nested(depth, 1)), *object_of(*nested(depth, 2)), 99);
  };
  EXPECT_TRUE(change(150));
  const auto refused = change(100'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

// n formats over n characters are n^2/2 attributes of a delta: that is found out before it is made.
TEST(DocRestore, TooManyFormatsAreRefused) {
  const auto formatted = [](std::uint32_t names, std::size_t bytes) {
    auto doc = std::make_unique<Doc>(crdt::DocOptions{.client_id = 1});
    crdt::Text text = doc->text("content");
    EXPECT_TRUE(text.insert(0, std::string(names, 'x')));
    for (std::uint32_t i = 0; i < names; ++i)
      EXPECT_TRUE(text.format(i, names - i, {{"k" + std::to_string(i), std::string(bytes, 'v')}}));
    return doc;
  };
  Doc empty({.client_id = 2});
  const auto change = [&](const Doc& now, const Doc& then) {
    return change_to(*object_of(now), *object_of(then), 99);
  };
  EXPECT_TRUE(change(empty, *formatted(200, 10)));
  for (const auto& [names, bytes] : {std::pair<std::uint32_t, std::size_t>{200, 2'000}, {300, 1}}) {
    const auto doc = formatted(names, bytes);
    for (const auto& refused : {change(empty, *doc), change(*doc, empty)}) {
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
    }
  }
}

}  // namespace
}  // namespace syncline::merge
