#include "merge/doc_edit.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "merge/edit_json.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/relative_position.h"

namespace syncline::merge {
namespace {

using crdt::Any;

constexpr std::uint64_t kReplica = 77;

Any json(std::string_view text) {
  auto value = crdt::from_json(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : Any();
}

// An object of the server, and what is edited in it by content.
class ByContent {
 public:
  ByContent() : object_(doc_type().create()) {}

  // What an editor does.
  template <typename Body>
  void by_editor(Body&& body) {
    crdt::Doc doc({.client_id = 5});
    ASSERT_TRUE(doc.apply_update(object_->snapshot(), crdt::UpdateVersion::kV2));
    doc.transact([&] { body(doc); });
    ASSERT_TRUE(object_->apply(doc.encode_state_as_update()));
  }

  Result<void> apply(const Edit& edit) {
    auto intent = merge::edit(*object_, edit, kReplica);
    if (!intent) return std::unexpected(std::move(intent.error()));
    last_ = *intent;
    auto prepared = object_->prepare(*intent);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    EXPECT_FALSE(prepared->waits());
    changed_ = prepared->changes;
    return object_->apply(*intent);
  }
  Result<void> patch(std::string_view text) {
    auto read = read_json_patch(text);
    return read ? apply(std::move(*read)) : std::unexpected(std::move(read.error()));
  }
  Result<void> merge(std::string_view text) {
    auto read = read_merge_patch(text);
    return read ? apply(std::move(*read)) : std::unexpected(std::move(read.error()));
  }
  Result<void> text(std::string_view ops, std::string_view root = "content") {
    auto read = read_text_patch("{\"root\":\"" + std::string(root) +
                                "\",\"ops\":" + std::string(ops) + "}");
    return read ? apply(std::move(*read)) : std::unexpected(std::move(read.error()));
  }
  Result<void> put(std::string_view text) { return apply(WholeJson{{}, json(text)}); }

  std::string shown() const { return object_->to_json(); }
  bool changed() const { return changed_; }
  std::size_t size() const { return last_.size(); }
  Object& object() { return *object_; }

 private:
  std::unique_ptr<Object> object_;
  Bytes last_;
  bool changed_ = false;
};

TEST(DocEdit, TextOperationsByIndexAndByQuote) {
  ByContent doc;
  ASSERT_TRUE(doc.text(R"([{"insert":"Hello world","at":0}])"));
  EXPECT_EQ(doc.shown(), R"({"content":"Hello world"})");
  ASSERT_TRUE(doc.text(R"([{"insert":", big","after":"Hello"},{"insert":"Oh. ","before":"Hello"},
                           {"insert":"!","at":"end"}])"));
  EXPECT_EQ(doc.shown(), R"({"content":"Oh. Hello, big world!"})");
  ASSERT_TRUE(doc.text(R"([{"delete":{"at":0,"length":4}},{"delete":{"quote":", big"}},
                           {"replace":{"quote":"world"},"with":"wide world"}])"));
  EXPECT_EQ(doc.shown(), R"({"content":"Hello wide world!"})");
}

TEST(DocEdit, AQuoteMustMatchExactlyOnce) {
  ByContent doc;
  ASSERT_TRUE(doc.text(R"([{"insert":"one two one","at":0}])"));
  const auto none = doc.text(R"([{"delete":{"quote":"three"}}])");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kConflict);
  EXPECT_EQ(none.error().message, R"(operation 0: "three" is not in the text (0 candidates))");
  const auto twice = doc.text(R"([{"insert":"x","at":0},{"delete":{"quote":"one"}}])");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("operation 1: "), std::string::npos);
  EXPECT_NE(twice.error().message.find("(2 candidates)"), std::string::npos);
  EXPECT_EQ(doc.shown(), R"({"content":"one two one"})") << "a part of it was done";
  ASSERT_TRUE(doc.text(R"([{"replace":{"quote":"one","before":"two "},"with":"three"}])"));
  EXPECT_EQ(doc.shown(), R"({"content":"one two three"})");
}

TEST(DocEdit, AQuoteFindsItsTextInXml) {
  ByContent doc;
  doc.by_editor([](crdt::Doc& editor) {
    auto page = editor.xml_fragment("page");
    for (const std::string_view words : {"one two", "two three"}) {
      auto text = page.push_element("paragraph").value().push_text().value();
      ASSERT_TRUE(text.insert(0, words));
    }
  });
  ASSERT_TRUE(doc.text(R"([{"replace":"one","with":"1"},{"insert":"!","after":"three"},
                           {"replace":{"quote":"two","before":"one\n1 ","after":"\ntwo"},"with":"2"}])",
                       "page"));
  EXPECT_EQ(doc.shown(),
            R"({"page":"<paragraph>1 2</paragraph><paragraph>two three!</paragraph>"})");
  ASSERT_TRUE(doc.text(R"([{"insert":" 2","after":"two"}])", "page"));
  const auto twice = doc.text(R"([{"delete":"2"}])", "page");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("(2 candidates)"), std::string::npos);
  EXPECT_EQ(doc.text(R"([{"delete":"2 two"}])", "page").error().code, ErrorCode::kConflict)
      << "a quote over two texts";
  EXPECT_EQ(doc.text(R"([{"insert":"x","at":"end"}])", "page").error().code, ErrorCode::kConflict);
}

TEST(DocEdit, AQuoteFindsItsTextInLexicalAndStaysBehindItsProperties) {
  ByContent doc;
  doc.by_editor([](crdt::Doc& editor) {
    auto line = crdt::as<crdt::Text>(
        editor.xml_text("root").insert_type(0, crdt::TypeKind::kXmlText).value());
    auto properties = crdt::as<crdt::Map>(line.insert_type(0, crdt::TypeKind::kMap).value());
    ASSERT_TRUE(properties.set("__type", Any("text")));
    ASSERT_TRUE(line.insert(1, "world"));
  });
  ASSERT_TRUE(doc.text(R"([{"insert":"Hello ","before":"world"}])", "root"));
  crdt::Doc copy({.client_id = 9});
  ASSERT_TRUE(copy.apply_update(doc.object().snapshot(), crdt::UpdateVersion::kV2));
  const auto line = copy.xml_text("root").to_delta().front().values.front();
  const auto delta = crdt::as<crdt::Text>(std::get<crdt::Type>(line)).to_delta();
  ASSERT_EQ(delta.size(), 2u);
  EXPECT_EQ(delta[0].values.size(), 1u) << "the properties come first";
  EXPECT_EQ(delta[1].text, "Hello world");
}

TEST(DocEdit, AnIndexIsWithinTheTextAndSplitsNoPair) {
  ByContent doc;
  ASSERT_TRUE(doc.text(R"([{"insert":"a👍b","at":0}])"));
  EXPECT_EQ(doc.text(R"([{"insert":"x","at":2}])").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(doc.text(R"([{"insert":"x","at":5}])").error().code, ErrorCode::kConflict);
  EXPECT_EQ(doc.text(R"([{"delete":{"at":1,"length":1}}])").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(doc.text(R"([{"delete":{"at":3,"length":4294967295}}])").error().code,
            ErrorCode::kConflict);
  ASSERT_TRUE(doc.text(R"([{"delete":{"at":1,"length":2}}])"));
  EXPECT_EQ(doc.shown(), R"({"content":"ab"})");
}

TEST(DocEdit, EmbedsStayAndCountAsOneUnit) {
  ByContent doc;
  doc.by_editor([](crdt::Doc& editor) {
    auto text = editor.text("content");
    ASSERT_TRUE(text.insert(0, "ab"));
    ASSERT_TRUE(text.insert_embed(1, Any(Any::Object{{"image", Any("x.png")}})));
  });
  ASSERT_TRUE(doc.apply(WholeText{{"content"}, "xaby"}));
  ASSERT_TRUE(doc.text(R"([{"insert":"!","at":3}])"));  // x a <image> ! b y
  EXPECT_EQ(doc.shown(), R"({"content":"xa!by"})");
  ASSERT_TRUE(doc.apply(WholeText{{"content"}, ""}));
  auto copy = crdt::Doc({});
  ASSERT_TRUE(copy.apply_update(doc.object().snapshot(), crdt::UpdateVersion::kV2));
  EXPECT_EQ(copy.text("content").length(), 1u) << "the image is gone";
}

TEST(DocEdit, WhatATextKeepsKeepsItsCursors) {
  ByContent doc;
  ASSERT_TRUE(doc.text(R"([{"insert":"The quick brown fox","at":0}])"));
  crdt::Doc editor({.client_id = 9});
  ASSERT_TRUE(editor.apply_update(doc.object().snapshot(), crdt::UpdateVersion::kV2));
  const auto cursor = crdt::relative_position(editor.text("content"), 10, 0);
  ASSERT_TRUE(doc.apply(WholeText{{"content"}, "A very quick brown dog"}));
  ASSERT_TRUE(editor.apply_update(doc.object().snapshot(), crdt::UpdateVersion::kV2));
  EXPECT_EQ(editor.text("content").to_string(), "A very quick brown dog");
  EXPECT_EQ(crdt::absolute_position(cursor, editor)->index, 13u);
}

// ---- JSON Patch: the examples of RFC 6902 that fit below a root, and others

TEST(DocEdit, JsonPatchDoesWhatTheRfcShows) {
  struct Case {
    std::string_view before;
    std::string_view patch;
    std::string_view after;  // "": refused
  };
  const Case cases[] = {
      {R"({"r":{"foo":"bar"}})", R"([{"op":"add","path":"/r/baz","value":"qux"}])",
       R"({"r":{"foo":"bar","baz":"qux"}})"},
      {R"({"r":{"foo":["bar","baz"]}})", R"([{"op":"add","path":"/r/foo/1","value":"qux"}])",
       R"({"r":{"foo":["bar","qux","baz"]}})"},
      {R"({"r":{"baz":"qux","foo":"bar"}})", R"([{"op":"remove","path":"/r/baz"}])",
       R"({"r":{"foo":"bar"}})"},
      {R"({"r":{"foo":["bar","qux","baz"]}})", R"([{"op":"remove","path":"/r/foo/1"}])",
       R"({"r":{"foo":["bar","baz"]}})"},
      {R"({"r":{"baz":"qux"}})", R"([{"op":"replace","path":"/r/baz","value":"boo"}])",
       R"({"r":{"baz":"boo"}})"},
      {R"({"r":{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}})",
       R"([{"op":"move","from":"/r/foo/waldo","path":"/r/qux/thud"}])",
       R"({"r":{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}})"},
      {R"({"r":{"foo":["all","grass","cows","eat"]}})",
       R"([{"op":"move","from":"/r/foo/1","path":"/r/foo/3"}])",
       R"({"r":{"foo":["all","cows","eat","grass"]}})"},
      {R"({"r":{"baz":"qux","foo":["a",2,"c"]}})",
       R"([{"op":"test","path":"/r/baz","value":"qux"},{"op":"test","path":"/r/foo/1","value":2}])",
       R"({"r":{"baz":"qux","foo":["a",2,"c"]}})"},
      {R"({"r":{"baz":"qux"}})", R"([{"op":"test","path":"/r/baz","value":"bar"}])", ""},
      {R"({"r":{"foo":"bar"}})", R"([{"op":"add","path":"/r/child","value":{"grandchild":{}}}])",
       R"({"r":{"foo":"bar","child":{"grandchild":{}}}})"},
      {R"({"r":{"foo":"bar"}})", R"([{"op":"add","path":"/r/baz/bat","value":"qux"}])", ""},
      {R"({"r":{"/":9,"~1":10}})", R"([{"op":"test","path":"/r/~01","value":10}])",
       R"({"r":{"/":9,"~1":10}})"},
      {R"({"r":{"/":9,"~1":10}})", R"([{"op":"test","path":"/r/~01","value":"10"}])", ""},
      {R"({"r":{"foo":["bar"]}})", R"([{"op":"add","path":"/r/foo/-","value":["abc","def"]}])",
       R"({"r":{"foo":["bar",["abc","def"]]}})"},
      {R"({"r":{"a":{"b":{"c":1}}}})", R"([{"op":"copy","from":"/r/a/b","path":"/r/d"}])",
       R"({"r":{"a":{"b":{"c":1}},"d":{"c":1}}})"},
      {R"({"r":{"a":{"b":{"c":1}}}})", R"([{"op":"move","from":"/r/a","path":"/r/a/b"}])", ""},
      {R"({"r":{"a":[1]}})", R"([{"op":"add","path":"/r/a/01","value":2}])", ""},
      {R"({"r":{"a":[1]}})", R"([{"op":"add","path":"/r/a/2","value":2}])", ""},
      {R"({"r":{"a":[1]}})", R"([{"op":"remove","path":"/r/a/-"}])", ""},
      {R"({"r":{"a":1}})", R"([{"op":"replace","path":"/r/b","value":2}])", ""},
      {R"({"r":[1]})", R"([{"op":"add","path":"/s/x","value":2}])", R"({"r":[1],"s":{"x":2}})"},
      {R"({"r":[1]})", R"([{"op":"remove","path":"/r"}])", R"({"r":[]})"},
      {R"({"r":[1]})", R"([{"op":"replace","path":"/r","value":{"x":1}}])", ""},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(std::string(each.before) + " " + std::string(each.patch));
    ByContent doc;
    ASSERT_TRUE(doc.put(each.before));
    ASSERT_EQ(json(doc.shown()), json(each.before));
    const auto patched = doc.patch(each.patch);
    EXPECT_EQ(patched.has_value(), !each.after.empty());
    EXPECT_EQ(json(doc.shown()), json(each.after.empty() ? each.before : each.after));
  }
}

TEST(DocEdit, APatchReachesIntoPlainValues) {
  ByContent doc;
  doc.by_editor([](crdt::Doc& editor) {
    ASSERT_TRUE(editor.map("r").set("plain", json(R"({"a":[1,{"b":2}]})")));
  });
  ASSERT_TRUE(doc.patch(R"([{"op":"replace","path":"/r/plain/a/1/b","value":3},
                            {"op":"add","path":"/r/plain/a/0","value":0},
                            {"op":"remove","path":"/r/plain/a/1"}])"));
  EXPECT_EQ(json(doc.shown()), json(R"({"r":{"plain":{"a":[0,{"b":3}]}}})"));
  EXPECT_FALSE(doc.patch(R"([{"op":"remove","path":"/r/plain/a/7"}])"));
  EXPECT_FALSE(doc.patch(R"([{"op":"add","path":"/r/plain/x/y","value":1}])"));
}

TEST(DocEdit, AMovedTypeKeepsItsKind) {
  ByContent doc;
  doc.by_editor([](crdt::Doc& editor) {
    auto text = editor.map("r").set_type("text", crdt::TypeKind::kText);
    ASSERT_TRUE(text && crdt::as<crdt::Text>(*text).insert(0, "shared"));
  });
  ASSERT_TRUE(doc.patch(R"([{"op":"move","from":"/r/text","path":"/r/other"}])"));
  ASSERT_TRUE(doc.apply(TextPatch{{"r", "other"}, {TextPatch::Insert{TextPatch::End{}, "!"}}}));
  EXPECT_EQ(doc.shown(), R"({"r":{"other":"shared!"}})");
}

// ---- merge patch: the examples of RFC 7396, below a root

TEST(DocEdit, MergePatchDoesWhatTheRfcShows) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& [before, patch, after] : cases) {
    for (const bool plain : {false, true}) {
      SCOPED_TRACE(std::string(before) + " " + std::string(patch));
      ByContent doc;
      if (plain)
        doc.by_editor(
            [&](crdt::Doc& editor) { ASSERT_TRUE(editor.map("r").set("x", json(before))); });
      else
        ASSERT_TRUE(doc.put("{\"r\":{\"x\":" + std::string(before) + "}}"));
      ASSERT_TRUE(doc.merge("{\"r\":{\"x\":" + std::string(patch) + "}}"));
      EXPECT_EQ(json(doc.shown()), json("{\"r\":{\"x\":" + std::string(after) + "}}"));
    }
  }
}

// ---- the smallest edit

Any random_json(std::mt19937& random, int depth) {
  const auto kind = random() % (depth > 0 ? 7 : 4);
  if (kind == 0) return Any(static_cast<int>(random() % 5));
  if (kind == 1) return Any(random() % 2 == 0);
  if (kind == 2) return Any(Any::Null{});
  if (kind == 3) return Any(std::string(random() % 4, static_cast<char>('a' + random() % 3)));
  if (kind < 6) {
    Any::Object members;
    for (auto left = random() % 4; left > 0; --left) {
      std::string key(1, static_cast<char>('a' + random() % 4));
      if (random() % 4 == 0) key = "id";
      members.emplace_back(key, random_json(random, depth - 1));
    }
    return Any(std::move(members));
  }
  Any::Array elements(random() % 5);
  for (Any& each : elements) each = random_json(random, depth - 1);
  return Any(std::move(elements));
}

TEST(DocEdit, PutGivesExactlyTheTargetAndTheSameAgainChangesNothing) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    ByContent doc;
    for (int round = 0; round < 4; ++round) {
      Any::Array list(random() % 6);
      for (Any& each : list) each = random_json(random, 3);
      Any::Object map;
      for (const char* key : {"a", "b", "c"})
        if (random() % 3 > 0) map.emplace_back(key, random_json(random, 3));
      const Any target(Any::Object{{"list", Any(std::move(list))}, {"map", Any(std::move(map))}});
      ASSERT_TRUE(doc.apply(WholeJson{{}, target}));
      const Any shown = json(doc.shown());
      for (const char* root : {"list", "map"}) {
        const Any* found = shown.find(root);
        const Any& wanted = *target.find(root);
        // A root that was never written is not there; an empty one may be shown as a list or as a map.
        const std::string as_json = found == nullptr ? "[]" : crdt::to_json(*found);
        if (as_json.size() == 2) {
          EXPECT_EQ(crdt::to_json(wanted).size(), 2u);
        } else {
          ASSERT_EQ(*found, wanted);
        }
      }
      ASSERT_TRUE(doc.apply(WholeJson{{}, target}));
      EXPECT_FALSE(doc.changed());
    }
  }
}

TEST(DocEdit, OneChangedMemberOfALongListIsASmallEdit) {
  Any::Array list;
  for (int i = 0; i < 500; ++i)
    list.push_back(Any(Any::Object{{"id", Any(i)}, {"title", Any("Item " + std::to_string(i))}}));
  ByContent doc;
  ASSERT_TRUE(doc.apply(WholeJson{{"list"}, Any(list)}));
  list[250] = Any(Any::Object{{"id", Any(250)}, {"title", Any("Another")}});
  list.erase(list.begin() + 10);
  ASSERT_TRUE(doc.apply(WholeJson{{"list"}, Any(list)}));
  EXPECT_EQ(json(doc.shown()), Any(Any::Object{{"list", Any(list)}}));
  EXPECT_LT(doc.size(), 60u);
}

TEST(DocEdit, OneChangedWordOfALongTextIsASmallEdit) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "Line " + std::to_string(i) + " of a longer document.\n";
  ByContent doc;
  ASSERT_TRUE(doc.apply(WholeText{{"content"}, text}));
  text.replace(text.find("longer", 30'000), 6, "shorter");
  ASSERT_TRUE(doc.apply(WholeText{{"content"}, text}));
  EXPECT_LT(doc.size(), 60u);
}

// A recorded history of a text: the text at any moment is made of that at any other.
TEST(DocEdit, PutLeadsFromAnyMomentOfARecordedTextToAnyOther) {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/tests/data/trace_small.json");
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const Any trace = json(bytes);
  crdt::Doc writer({.client_id = 1});
  auto text = writer.text("content");
  std::vector<std::string> moments = {""};
  const auto number = [](const Any& value) {
    return static_cast<std::uint32_t>(std::get<double>(value.value()));
  };
  for (const Any& edit : std::get<Any::Array>(trace.find("txns")->value())) {
    for (const Any& patch : std::get<Any::Array>(edit.find("patches")->value())) {
      const auto& [at, gone, come] =
          std::tie(std::get<Any::Array>(patch.value())[0], std::get<Any::Array>(patch.value())[1],
                   std::get<Any::Array>(patch.value())[2]);
      ASSERT_TRUE(text.erase(number(at), number(gone)));
      ASSERT_TRUE(text.insert(number(at), std::get<std::string>(come.value())));
    }
    moments.push_back(text.to_string());
  }
  ASSERT_EQ(moments.back(), std::get<std::string>(trace.find("endContent")->value()));
  std::mt19937 random(11);
  ByContent doc;
  for (int i = 0; i < 200; ++i) {
    const std::string& wanted = moments[random() % moments.size()];
    ASSERT_TRUE(doc.apply(WholeText{{"content"}, wanted}));
    if (!wanted.empty()) {
      ASSERT_EQ(json(doc.shown()), Any(Any::Object{{"content", Any(wanted)}}));
    }
  }
}

TEST(DocEdit, ConsecutiveEditsOfOneReplicaFollowEachOther) {
  ByContent doc;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(doc.text(R"([{"insert":"x","at":"end"}])"));
  EXPECT_EQ(doc.shown(), "{\"content\":\"" + std::string(50, 'x') + "\"}");
  const auto version = crdt::decode_state_vector(*version_of(doc.object()));
  ASSERT_TRUE(version);
  EXPECT_EQ(version->clients().size(), 1u);
  EXPECT_EQ(version->get(kReplica), 50u);
}

TEST(DocEdit, WhatIsXmlIsNotEditedAsJson) {
  ByContent doc;
  doc.by_editor(
      [](crdt::Doc& editor) { ASSERT_TRUE(editor.xml_fragment("page").push_element("p")); });
  EXPECT_TRUE(doc.put(R"({"page":"<p></p>"})"));
  EXPECT_FALSE(doc.changed());
  EXPECT_EQ(doc.put(R"({"page":"<p>x</p>"})").error().code, ErrorCode::kConflict);
  EXPECT_EQ(doc.text(R"([{"insert":"x","at":0}])", "page").error().code, ErrorCode::kConflict);
}

// ---- reading

TEST(EditJson, RefusesWhatIsNoEdit) {
  for (const std::string_view text :
       {"", "{", "{}", "[1]", R"([{"op":"nothing","path":""}])", R"([{"op":"add","path":"/a"}])",
        R"([{"op":"add","path":"a","value":1}])", R"([{"op":"add","path":"/~2","value":1}])",
        R"([{"op":"move","path":"/a"}])"})
    EXPECT_FALSE(read_json_patch(text)) << text;
  for (const std::string_view text : {"", "[]", "1", "null"})
    EXPECT_FALSE(read_merge_patch(text)) << text;
  for (const std::string_view ops :
       {"{}", "[{}]", "[1]", R"([{"insert":"x"}])", R"([{"insert":1,"at":0}])",
        R"([{"insert":"x","at":-1}])", R"([{"insert":"x","at":1.5}])",
        R"([{"insert":"x","at":0,"after":"y"}])", R"([{"insert":"x","after":""}])",
        R"([{"delete":{"at":0}}])", R"([{"delete":{"quote":""}}])",
        R"([{"replace":{"quote":"x"}}])", R"([{"delete":{"quote":"x"},"with":"y"}])",
        R"([{"delete":{"quote":"x","besides":"y"}}])"})
    EXPECT_FALSE(read_text_patch("{\"root\":\"r\",\"ops\":" + std::string(ops) + "}")) << ops;
  EXPECT_FALSE(read_text_patch(R"({"ops":[]})"));
  EXPECT_FALSE(read_text_patch(R"({"root":"a","path":"/b","ops":[]})"));
}

TEST(EditJson, BoundsTheNumberOfOperations) {
  std::string ops = "[";
  for (std::size_t i = 0; i <= kMostOps; ++i)
    ops += std::string(i == 0 ? "" : ",") + R"({"op":"remove","path":"/a"})";
  EXPECT_EQ(read_json_patch(ops + "]").error().code, ErrorCode::kTooLarge);
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "/x";
  EXPECT_EQ(read_pointer(deep).error().code, ErrorCode::kTooLarge);
  const std::string nested = std::string(300, '[') + std::string(300, ']');
  EXPECT_FALSE(read_merge_patch("{\"a\":" + nested + "}"));
}

}  // namespace
}  // namespace syncline::merge
