// Rich text: formats, embeds and deltas, locally and between two replicas.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

// A delta in a form that is easy to read in a failure: hello{"bold":true} [embed] …
std::string show(const Delta& delta) {
  std::string out;
  for (const DeltaOp& op : delta) {
    if (!out.empty()) out += ' ';
    switch (op.kind) {
      case DeltaOp::Kind::kDelete: out += "-" + std::to_string(op.length); break;
      case DeltaOp::Kind::kRetain: out += "=" + std::to_string(op.length); break;
      case DeltaOp::Kind::kInsert:
        out += op.values.empty() ? op.text : "[" + to_json(std::get<Any>(op.values.front())) + "]";
    }
    if (op.attributes.empty()) continue;
    Any::Object attributes(op.attributes.begin(), op.attributes.end());
    out += to_json(Any(attributes));
  }
  return out;
}

class TextFormat : public testing::Test {
 protected:
  static void sync(Doc& from, Doc& to) {
    const Bytes update = from.encode_state_as_update(to.state_vector());
    ASSERT_TRUE(to.apply_update(update));
  }

  Doc doc_{{.client_id = 1, .gc = true, .guid = "one"}};
  Doc other_{{.client_id = 2, .gc = true, .guid = "two"}};
  Text text_ = doc_.text("t");
  Text theirs_ = other_.text("t");
};

TEST_F(TextFormat, InsertedTextTakesTheFormatsOnItsLeft) {
  ASSERT_TRUE(text_.insert(0, "bold", {{"bold", true}}));
  ASSERT_TRUE(text_.insert(4, "er"));
  EXPECT_EQ(show(text_.to_delta()), R"(bolder{"bold":true})");
}

TEST_F(TextFormat, InsertWithAttributesHasExactlyThose) {
  ASSERT_TRUE(text_.insert(0, "ab", {{"bold", true}}));
  ASSERT_TRUE(text_.insert(1, "x", {{"color", "red"}}));
  EXPECT_EQ(show(text_.to_delta()), R"(a{"bold":true} x{"color":"red"} b{"bold":true})");
}

TEST_F(TextFormat, FormatSetsAndNullRemoves) {
  ASSERT_TRUE(text_.insert(0, "abcdef"));
  ASSERT_TRUE(text_.format(1, 4, {{"bold", true}}));
  ASSERT_TRUE(text_.format(2, 2, {{"bold", Any::Null{}}}));
  EXPECT_EQ(show(text_.to_delta()), R"(a b{"bold":true} cd e{"bold":true} f)");
}

TEST_F(TextFormat, DeletingAllFormattedTextLeavesNoFormatBehind) {
  ASSERT_TRUE(text_.insert(0, "plain"));
  ASSERT_TRUE(text_.insert(2, "bold", {{"bold", true}}));
  ASSERT_TRUE(text_.erase(2, 4));
  ASSERT_TRUE(text_.insert(2, "!"));
  EXPECT_EQ(show(text_.to_delta()), "pl!ain");
}

TEST_F(TextFormat, EmbedsCountAsOneElement) {
  ASSERT_TRUE(text_.insert(0, "ab"));
  const Any image = Any::Object{{"image", "x.png"}};
  ASSERT_TRUE(text_.insert_embed(1, image, {{"width", 10}}));
  EXPECT_EQ(text_.length(), 3u);
  EXPECT_EQ(show(text_.to_delta()), R"(a [{"image":"x.png"}]{"width":10} b)");
  EXPECT_EQ(text_.to_string(), "ab");
  ASSERT_TRUE(text_.erase(1, 1));
  EXPECT_EQ(show(text_.to_delta()), "ab");
}

TEST_F(TextFormat, DeltaIsAppliedInOneTransaction) {
  ASSERT_TRUE(text_.insert(0, "hello world"));
  int updates = 0;
  doc_.on_update([&](const UpdateEvent&) { ++updates; });
  using Kind = DeltaOp::Kind;
  const Delta delta{{Kind::kRetain, 6, {}, {}, {{"bold", true}}},
                    {Kind::kDelete, 5, {}, {}, {}},
                    {Kind::kInsert, 0, "there", {}, {}}};
  ASSERT_TRUE(text_.apply_delta(delta));
  EXPECT_EQ(updates, 1);
  EXPECT_EQ(show(text_.to_delta()), R"(hello {"bold":true} there)");
}

TEST_F(TextFormat, DeltaThatCannotBeAppliedChangesNothing) {
  ASSERT_TRUE(text_.insert(0, "abc"));
  using Kind = DeltaOp::Kind;
  const Delta delta{{Kind::kDelete, 3, {}, {}, {}}, {Kind::kInsert, 0, {}, {Value(text_)}, {}}};
  EXPECT_FALSE(text_.apply_delta(delta));
  EXPECT_EQ(text_.to_string(), "abc");
}

TEST_F(TextFormat, RangesBeyondTheEndAreRefused) {
  ASSERT_TRUE(text_.insert(0, "abc", {{"bold", true}}));
  const Bytes before = doc_.encode_state_as_update();
  EXPECT_FALSE(text_.insert(4, "x"));
  EXPECT_FALSE(text_.erase(1, 3));
  EXPECT_FALSE(text_.format(2, 2, {{"bold", true}}));
  EXPECT_FALSE(text_.erase(0xffffffff, 0xffffffff));
  EXPECT_FALSE(text_.insert(0, "\xff"));
  EXPECT_EQ(doc_.encode_state_as_update(), before);
}

TEST_F(TextFormat, ConcurrentFormatsOfOneRangeConvergeOnOne) {
  ASSERT_TRUE(text_.insert(0, "shared"));
  sync(doc_, other_);
  ASSERT_TRUE(text_.format(0, 6, {{"color", "red"}}));
  ASSERT_TRUE(theirs_.format(0, 6, {{"color", "blue"}}));
  sync(doc_, other_);
  sync(other_, doc_);
  EXPECT_EQ(text_.to_delta().size(), 1u);
  EXPECT_EQ(show(text_.to_delta()), show(theirs_.to_delta()));
}

TEST_F(TextFormat, NeedlessFormatsAreRemovedAfterRemoteChanges) {
  ASSERT_TRUE(text_.insert(0, "both"));
  sync(doc_, other_);
  ASSERT_TRUE(text_.format(0, 4, {{"bold", true}}));
  ASSERT_TRUE(theirs_.format(0, 4, {{"bold", true}}));
  int cleanups = 0;
  doc_.on_update([&](const UpdateEvent& event) { cleanups += event.local(); });
  sync(other_, doc_);
  EXPECT_EQ(cleanups, 1) << "the second pair of formats says nothing new and goes";
  EXPECT_EQ(show(text_.to_delta()), R"(both{"bold":true})");
}

TEST_F(TextFormat, ATextNamedAfterItsFormatsCameIsNotCleanedYet) {
  ASSERT_TRUE(text_.insert(0, "abc"));
  sync(doc_, other_);
  ASSERT_TRUE(text_.format(1, 1, {{"bold", true}}));
  ASSERT_TRUE(theirs_.erase(1, 1));
  Doc late({.client_id = 3, .gc = true, .guid = "late"});
  sync(doc_, late);
  int cleanups = 0;
  late.on_update([&](const UpdateEvent& event) { cleanups += event.local(); });
  late.text("t");
  sync(other_, late);
  EXPECT_EQ(cleanups, 0) << "Yjs begins with the next format that arrives";
}

// A text as its characters, each with its attributes.
class Characters {
 public:
  using Names = std::map<std::string, std::string>;  // to JSON

  Characters() = default;
  explicit Characters(const Delta& content) {
    for (const DeltaOp& op : content) {
      Names names;
      set(names, op.attributes);
      for (const char c : op.text) characters_.emplace_back(c, names);
    }
  }

  std::size_t size() const { return characters_.size(); }
  void insert(std::size_t at, std::string_view text) {
    const Names names = at == 0 ? Names() : characters_[at - 1].second;
    for (const char c : text) characters_.insert(characters_.begin() + at++, {c, names});
  }
  void erase(std::size_t at, std::size_t length) {
    characters_.erase(characters_.begin() + at, characters_.begin() + at + length);
  }
  void format(std::size_t at, std::size_t length, const Attributes& attributes) {
    for (; length > 0; --length, ++at) set(characters_[at].second, attributes);
  }
  bool operator==(const Characters&) const = default;

 private:
  static void set(Names& names, const Attributes& attributes) {
    for (const auto& [name, value] : attributes) {
      if (value == Any())
        names.erase(name);
      else
        names[name] = to_json(value);
    }
  }

  std::vector<std::pair<char, Names>> characters_;
};

// With a few names, and with more than the tree of a sequence has marks for.
TEST_F(TextFormat, LongTextsWithManyFormatsAreWhatTheirCharactersSay) {
  std::mt19937 random(1);
  const auto draw = [&](std::size_t below) { return static_cast<std::uint32_t>(random() % below); };
  Characters expected;
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t names = i < 2000 ? 4 : 100;
    const auto size = static_cast<std::uint32_t>(expected.size());
    const std::uint32_t at = draw(size + 1);
    const std::uint32_t length = std::min(size - at, 1 + draw(draw(9) == 0 ? 200 : 8));
    const std::uint32_t choice = draw(8);
    if (choice < 4 || length == 0) {
      ASSERT_TRUE(text_.insert(at, choice == 0 ? "more of it" : "x"));
      expected.insert(at, choice == 0 ? "more of it" : "x");
    } else if (choice == 4) {
      ASSERT_TRUE(text_.erase(at, length));
      expected.erase(at, length);
    } else {
      Attributes attributes{{"name" + std::to_string(draw(names)), Any()}};
      if (draw(3) > 0) attributes.front().second = static_cast<double>(draw(3));
      ASSERT_TRUE(text_.format(at, length, attributes));
      expected.format(at, length, attributes);
    }
    if (i % 7 == 0) sync(doc_, other_);
    if (i % 49 > 0) continue;
    ASSERT_TRUE(Characters(text_.to_delta()) == expected) << "step " << i;
    ASSERT_TRUE(Characters(theirs_.to_delta()) == expected) << "step " << i;
    ASSERT_TRUE(doc_.check() && other_.check());
  }
}

TEST_F(TextFormat, ACutThroughASurrogatePairLeavesReplacementCharacters) {
  ASSERT_TRUE(text_.insert(0, "a\U0001F600b"));
  EXPECT_EQ(text_.length(), 4u);
  ASSERT_TRUE(text_.format(0, 2, {{"bold", true}}));
  EXPECT_EQ(show(text_.to_delta()), "a\uFFFD{\"bold\":true} \uFFFDb");
}

TEST_F(TextFormat, NestedTypesLiveInText) {
  ASSERT_TRUE(text_.insert(0, "ab"));
  const Result<Type> map = text_.insert_type(1, TypeKind::kMap, {{"kind", "card"}});
  ASSERT_TRUE(map);
  ASSERT_TRUE(as<Map>(*map).set("title", "x"));
  sync(doc_, other_);
  const Delta delta = theirs_.to_delta();
  ASSERT_EQ(delta.size(), 3u);
  EXPECT_EQ(to_json(std::get<Type>(delta[1].values.front()).to_json()), R"({"title":"x"})");
}

TEST_F(TextFormat, AttributesOfTheTextAsAWhole) {
  ASSERT_TRUE(text_.set_attribute("align", "left"));
  ASSERT_TRUE(text_.set_attribute("align", "right"));
  ASSERT_TRUE(text_.set_attribute("level", 2));
  ASSERT_TRUE(text_.remove_attribute("level"));
  sync(doc_, other_);
  const Attributes expected{{"align", "right"}};
  EXPECT_EQ(theirs_.attributes(), expected);
  EXPECT_FALSE(theirs_.attribute("level"));
}

}  // namespace
}  // namespace syncline::crdt
