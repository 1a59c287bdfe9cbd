// What prepare() says of an update: complete, and no more than is told together.
#include "syncline/crdt/effect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "crdt/touch_list.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

using Extent = Touch::Extent;
using Kind = Touch::Kind;

// What `edit` makes of the document, as an update.
Bytes update_of(Doc& doc, const std::function<void()>& edit) {
  Bytes update;
  const auto token =
      doc.on_update([&](const UpdateEvent& event) { update = to_bytes(event.update()); });
  doc.transact(edit);
  doc.off(token);
  return update;
}

Doc copy_of(const Doc& doc, ClientId id) {
  Doc copy({.client_id = id});
  EXPECT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  return copy;
}

// "set board.columns[2] title.*"
std::string shown(const Touch& touch) {
  static constexpr const char* kNames[] = {"insert", "delete", "format", "set", "erase"};
  std::string text = kNames[static_cast<int>(touch.kind)];
  if (touch.extent == Extent::kDocument) return text + " everything";
  text += " " + to_string(touch.type);
  if (touch.extent == Extent::kType) return text + ".*";
  if (touch.kind >= Kind::kFormat) text += " " + touch.key;
  if (touch.kind <= Kind::kFormat)
    text += " " + std::to_string(touch.index) + "+" + std::to_string(touch.length);
  return touch.extent == Extent::kBelow ? text + ".*" : text;
}

using Shown = std::vector<std::string>;

Shown shown(const Result<Effect>& effect) {
  Shown all;
  EXPECT_TRUE(effect);
  if (effect)
    for (const Touch& touch : effect->touches) all.push_back(shown(touch));
  return all;
}

// What a replica that knows `before` says of what `edit` makes of it.
Shown told(Doc& before, const std::function<void(Doc&)>& edit) {
  Doc author = copy_of(before, 77);
  return shown(before.prepare(update_of(author, [&] { edit(author); })));
}

// ---- containers

// A table that arrives at once was refused: its cells, one touch each, were too many.
TEST(Effect, ANewSubtreeIsOneTouch) {
  Doc author({.client_id = 1});
  XmlElement table = *author.xml_fragment("prosemirror").push_element("table");
  author.transact([&] {
    for (int row = 0; row < 1000; ++row) {
      XmlElement cells = *table.push_element("table_row");
      for (int cell = 0; cell < 10; ++cell) {
        XmlElement paragraph = *(*cells.push_element("table_cell")).push_element("paragraph");
        ASSERT_TRUE(paragraph.set_attribute("align", "left"));
        ASSERT_TRUE(paragraph.push_text()->insert(0, "text"));
      }
    }
  });
  const Doc empty({.client_id = 2});
  EXPECT_EQ(shown(empty.prepare(author.encode_state_as_update())),
            Shown{"insert prosemirror 0+1.*"});
}

TEST(Effect, EachNewRecordIsOneTouch) {
  Doc author({.client_id = 1});
  author.transact([&] {
    for (int i = 0; i < 100; ++i) {
      Map record = as<Map>(*author.map("records").set_type(std::to_string(i), TypeKind::kMap));
      for (int field = 0; field < 8; ++field)
        ASSERT_TRUE(record.set("field" + std::to_string(field), i));
    }
  });
  const Doc empty({.client_id = 2});
  const Shown touches = shown(empty.prepare(author.encode_state_as_update()));
  ASSERT_EQ(touches.size(), 100u);
  EXPECT_EQ(std::ranges::count(touches, "set records 42.*"), 1);
}

struct Plan {
  Plan() {
    budget = as<Map>(*doc.map("plan").set_type("budget", TypeKind::kMap));
    lines = as<Array>(*budget.set_type("lines", TypeKind::kArray));
    EXPECT_TRUE(lines.push({1, 2, 3}));
    EXPECT_TRUE(doc.map("plan").set("title", "Old"));
    EXPECT_TRUE(doc.map("plan").set("place", Any::Object{{"city", "Ulm"}}));
  }
  Doc doc{{.client_id = 1}};
  Map budget;
  Array lines;
};

TEST(Effect, OverwritingAContainerIsAWriteToAllBelow) {
  Plan plan;
  const auto set = [&](const char* key, const Any& value) {
    return told(plan.doc, [&](Doc& doc) { ASSERT_TRUE(doc.map("plan").set(key, value)); });
  };
  EXPECT_EQ(set("budget", 5), Shown{"set plan budget.*"});
  EXPECT_EQ(set("place", 5), Shown{"set plan place.*"});
  EXPECT_EQ(set("title", Any::Array{}), Shown{"set plan title.*"});
  EXPECT_EQ(set("title", "New"), Shown{"set plan title"});
  EXPECT_EQ(set("more", 1), Shown{"set plan more"});
}

TEST(Effect, RemovingAContainerIsOneTouch) {
  Plan plan;
  EXPECT_EQ(told(plan.doc, [](Doc& doc) { ASSERT_TRUE(doc.map("plan").erase("budget")); }),
            Shown{"erase plan budget.*"});
  EXPECT_EQ(told(plan.doc, [](Doc& doc) { ASSERT_TRUE(doc.map("plan").erase("place")); }),
            Shown{"erase plan place.*"});
  EXPECT_EQ(told(plan.doc, [](Doc& doc) { ASSERT_TRUE(doc.map("plan").erase("title")); }),
            Shown{"erase plan title"});
}

TEST(Effect, ElementsOfSequencesThatAreContainersCoverWhatIsBelow) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.array("list").push({1, Any::Object{{"a", 1}}, 2, 3}));
  ASSERT_TRUE(as<Map>(*doc.array("list").push_type(TypeKind::kMap)).set("key", 1));
  const auto erase = [&](std::uint32_t index, std::uint32_t length) {
    return told(doc, [&](Doc& author) { ASSERT_TRUE(author.array("list").erase(index, length)); });
  };
  EXPECT_EQ(erase(0, 1), Shown{"delete list 0+1"});
  EXPECT_EQ(erase(1, 1), Shown{"delete list 1+1.*"});
  EXPECT_EQ(erase(2, 2), Shown{"delete list 2+2"});
  EXPECT_EQ(erase(2, 3), Shown{"delete list 2+3.*"});
  const auto insert = [&](const std::vector<Any>& values) {
    return told(doc, [&](Doc& author) { ASSERT_TRUE(author.array("list").insert(1, values)); });
  };
  EXPECT_EQ(insert({1, "two"}), Shown{"insert list 1+2"});
  EXPECT_EQ(insert({1, Any::Array{}}), Shown{"insert list 1+2.*"});
}

// ---- values under a key that the same update deletes again

TEST(Effect, AKeyThatIsSetAndErasedAtOnceIsErased) {
  Plan plan;
  EXPECT_EQ(told(plan.doc,
                 [](Doc& doc) {
                   ASSERT_TRUE(doc.map("plan").set("title", "New"));
                   ASSERT_TRUE(doc.map("plan").erase("title"));
                 }),
            Shown{"erase plan title"});
}

TEST(Effect, OnlyTheLastValueOfAKeyCounts) {
  Plan plan;
  Doc author = copy_of(plan.doc, 77);
  ASSERT_TRUE(author.map("plan").set("title", "One"));
  ASSERT_TRUE(author.map("plan").set("title", "Two"));
  EXPECT_EQ(shown(plan.doc.prepare(author.encode_state_as_update())), Shown{"set plan title"});
  ASSERT_TRUE(author.map("plan").erase("title"));
  EXPECT_EQ(shown(plan.doc.prepare(author.encode_state_as_update())), Shown{"erase plan title"});
}

// ---- depth

// A list of `depth` levels, and the innermost one.
Array nested(Doc& doc, int depth) {
  Array at = doc.array("deep");
  doc.transact([&] {
    for (int i = 0; i < depth; ++i) at = as<Array>(*at.push_type(TypeKind::kArray));
  });
  return at;
}

// 150 levels of a ProseMirror list were refused: they are 300 types.
TEST(Effect, WhatIsNewMayBeNestedAsDeepAsTheUpdateIsLong) {
  Doc author({.client_id = 1});
  nested(author, 100'000);
  const Doc empty({.client_id = 2});
  EXPECT_EQ(shown(empty.prepare(author.encode_state_as_update())), Shown{"insert deep 0+1.*"});
}

TEST(Effect, ATypeThatLiesTooDeepIsToldAsTheOneAboveIt) {
  for (const std::size_t depth :
       {Effect::kMaxPathSteps, Effect::kMaxPathSteps + 1, std::size_t{5000}}) {
    Doc doc({.client_id = 1});
    Array inner = nested(doc, static_cast<int>(depth));
    Doc before = copy_of(doc, 2);
    const Bytes update = update_of(doc, [&] { ASSERT_TRUE(inner.push({1})); });
    const Result<Effect> effect = before.prepare(update);
    ASSERT_TRUE(effect);
    ASSERT_EQ(effect->touches.size(), 1u);
    EXPECT_EQ(effect->touches[0].type.steps.size(), Effect::kMaxPathSteps);
    const bool exact = depth == Effect::kMaxPathSteps;
    EXPECT_EQ(effect->touches[0].extent, exact ? Extent::kPlace : Extent::kType);
  }
}

// However deep the document, a small update walks a bounded way.
TEST(Effect, ATypeThatLiesTooFarIsToldAsTheDocument) {
  Doc doc({.client_id = 1});
  Array inner = nested(doc, static_cast<int>(TouchList::kFreeSteps) + 1000);
  Doc before = copy_of(doc, 2);
  const Bytes update = update_of(doc, [&] {
    ASSERT_TRUE(inner.push({1}));
    ASSERT_TRUE(doc.map("near").set("key", 1));
  });
  EXPECT_EQ(shown(before.prepare(update)), (Shown{"insert everything", "set near key"}));
}

// ---- too many

TEST(Effect, TooManyTouchesAreToldTogetherFromTheDeepestOn) {
  constexpr int kCards = static_cast<int>(Effect::kMaxTouches) + 1000;
  Doc doc({.client_id = 1});
  const Map cards = as<Map>(*doc.map("board").set_type("cards", TypeKind::kMap));
  doc.transact([&] {
    for (int i = 0; i < kCards; ++i)
      ASSERT_TRUE(Map(cards).set_type(std::to_string(i), TypeKind::kMap));
  });
  const auto touch_all = [](Doc& author, int count) {
    ASSERT_TRUE(author.map("board").set("title", "New"));
    const auto all = as<Map>(std::get<Type>(*author.map("board").get("cards"))).entries();
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(as<Map>(std::get<Type>(all[static_cast<std::size_t>(i)].second)).set("done", 1));
  };
  const int most = static_cast<int>(Effect::kMaxTouches) - 1;
  EXPECT_EQ(told(doc, [&](Doc& author) { touch_all(author, most); }).size(), Effect::kMaxTouches);
  EXPECT_EQ(told(doc, [&](Doc& author) { touch_all(author, kCards); }),
            (Shown{"set board title", "set board.cards.*"}));
}

TEST(Effect, TooManyRootsAreToldAsTheDocument) {
  Doc author({.client_id = 1});
  author.transact([&] {
    for (std::size_t i = 0; i <= Effect::kMaxTouches; ++i) {
      ASSERT_TRUE(author.map("m" + std::to_string(i)).set("key", 1));
      author.text("t" + std::to_string(i / 2)).insert(0, "x").value();
    }
  });
  const Doc empty({.client_id = 2});
  EXPECT_EQ(shown(empty.prepare(author.encode_state_as_update())),
            (Shown{"set everything", "insert everything"}));
}

TEST(Effect, TouchesWithLongNamesAreToldTogether) {
  Doc author({.client_id = 1});
  author.transact([&] {
    for (char c = 'a'; c < 'z'; ++c) ASSERT_TRUE(author.map("m").set(std::string(1'000'000, c), 1));
  });
  const Doc empty({.client_id = 2});
  EXPECT_EQ(shown(empty.prepare(author.encode_state_as_update())), Shown{"set m.*"});
}

// More than are kept at once, on the way.
TEST(Effect, AnyNumberOfTouchesFits) {
  Doc author({.client_id = 1});
  author.transact([&] {
    for (std::size_t i = 0; i < 3 * Effect::kMaxTouches; ++i) {
      ASSERT_TRUE(author.map("m").set(std::to_string(i), 1));
      author.text("t" + std::to_string(i / 50'000)).insert(0, "x").value();
    }
  });
  const Doc empty({.client_id = 2});
  const Shown touches = shown(empty.prepare(author.encode_state_as_update()));
  EXPECT_LT(touches.size(), 10u);
  EXPECT_EQ(std::ranges::count(touches, "set m.*"), 1);
}

// ---- random histories: what an update does is what prepare() said, and nothing else

bool is_prefix(const Path& above, const Path& path) {
  return above.root == path.root && above.steps.size() <= path.steps.size() &&
         std::equal(above.steps.begin(), above.steps.end(), path.steps.begin());
}

// Whether a touch covers everything in the type at `path`.
bool covers_all_of(const Touch& touch, const Path& path) {
  if (touch.extent == Extent::kDocument) return true;
  if (!is_prefix(touch.type, path)) return false;
  if (touch.extent == Extent::kType) return true;
  if (touch.extent == Extent::kPlace || touch.type.steps.size() == path.steps.size()) return false;
  const auto& step = path.steps[touch.type.steps.size()];
  if (const auto* key = std::get_if<std::string>(&step)) return touch.key == *key;
  const std::uint32_t index = std::get<std::uint32_t>(step);
  return touch.key.empty() && index >= touch.index && index - touch.index < touch.length;
}

// Holds what a transaction did to a document against what was said of it.
class Judge {
 public:
  Judge(Doc& doc, const Effect& effect) : engine_(doc.engine()), effect_(effect) {
    for (TypeIndex type = 0; type < engine_.store.types.size(); ++type) {
      if (!engine_.is_deleted(type)) paths_[type] = engine_.path(type);
    }
    for (const auto& [type, path] : paths_) {
      for (EntryIndex e = engine_.type(type).first_entry; e != kNoEntry;
           e = engine_.store.types.entry(e).next) {
        const MapEntry& entry = engine_.store.types.entry(e);
        if (!engine_.store[entry.item].deleted) keys_.insert({type, entry.key});
      }
    }
  }

  void judge(const TransactionEvent& event) {
    inserted_ = &event.inserted;
    each(event.inserted, [&](const Item& item) { inserted(item); });
    each(event.deleted, [&](const Item& item) {
      if (!event.inserted.contains(engine_.store.id(item.id()))) deleted(event, item);
    });
  }

  std::string complaint;

 private:
  template <typename Visit>
  void each(const IdSet& ids, Visit&& visit) {
    for (const auto& [client, ranges] : ids.clients()) {
      const ClientIndex index = engine_.store.clients.find(client);
      for (const ClockRange& range : ranges) {
        for (Clock clock = range.clock; clock < range.end();) {
          const Item& item = engine_.store[engine_.store.find({index, clock})];
          if (!item.is_gc()) visit(item);
          clock = item.end();
        }
      }
    }
  }

  void inserted(const Item& item) {
    const auto known = paths_.find(item.parent);
    if (known != paths_.end()) {
      if (item.keyed) return key_changed(item);
      if (!item.deleted) need(known->second, kind_of(item, Kind::kInsert), "");
      return;
    }
    // Up to what was there before: that it came must be said, with all below it.
    const Item* outermost = &item;
    while (!paths_.contains(outermost->parent) && engine_.type(outermost->parent).item != kNoItem)
      outermost = &engine_.store[engine_.type(outermost->parent).item];
    if (outermost->deleted) return;
    if (outermost->keyed && paths_.contains(outermost->parent)) return key_changed(*outermost);
    const auto path = paths_.find(outermost->parent);
    need(path != paths_.end() ? path->second : engine_.path(outermost->parent),
         outermost->keyed ? Kind::kSetKey : kind_of(*outermost, Kind::kInsert),
         outermost->keyed ? std::string(engine_.store.keys[outermost->place]) : "",
         outermost != &item);
  }

  void deleted(const TransactionEvent& event, const Item& item) {
    const Path& path = paths_.at(item.parent);
    const Handle holder = engine_.type(item.parent).item;
    if (holder != kNoItem && event.deleted.contains(engine_.store.id(engine_.store[holder].id()))) {
      const bool covered = std::ranges::any_of(
          effect_.touches, [&](const Touch& touch) { return covers_all_of(touch, path); });
      if (!covered) complaint += "removed: " + to_string(path) + "; ";
      return;
    }
    if (item.keyed) return key_changed(item);
    need(path, kind_of(item, Kind::kDelete), "");
  }

  void key_changed(const Item& item) {
    const Item& value = engine_.store[engine_.store.types.value(item.parent, item.place)];
    const bool was = keys_.contains({item.parent, item.place});
    if (value.deleted && !was) return;
    if (!value.deleted && !inserted_->contains(engine_.store.id(value.id()))) return;  // it stayed
    need(paths_.at(item.parent), value.deleted ? Kind::kDeleteKey : Kind::kSetKey,
         std::string(engine_.store.keys[item.place]),
         !value.deleted && value.kind() == BlockKind::kType);
  }

  static Kind kind_of(const Item& item, Kind other) {
    return item.kind() == BlockKind::kFormat ? Kind::kFormat : other;
  }

  void need(const Path& path, Kind kind, const std::string& key, bool below = false) {
    const bool found = std::ranges::any_of(effect_.touches, [&](const Touch& touch) {
      if (touch.kind != kind) return false;
      if (covers_all_of(touch, path)) return true;
      return touch.type == path && (kind < Kind::kSetKey || touch.key == key) &&
             (!below || touch.covers_below());
    });
    if (!found)
      complaint +=
          std::to_string(static_cast<int>(kind)) + " " + to_string(path) + " " + key + "; ";
  }

  Engine& engine_;
  const Effect& effect_;
  const IdSet* inserted_ = nullptr;
  std::map<TypeIndex, Path> paths_;  // before
  std::set<std::pair<TypeIndex, KeyIndex>> keys_;
};

class Author {
 public:
  Author(ClientId id, std::mt19937& random) : doc({.client_id = id}), random_(random) {}

  void edit() {
    Type type = any_type();
    const std::uint32_t length = type.length();
    const std::uint32_t at = roll(length + 1);
    const std::string key(1, static_cast<char>('a' + roll(3)));
    switch (type.kind()) {
      case TypeKind::kMap: edit_map(as<Map>(type), key); break;
      case TypeKind::kText: edit_text(as<Text>(type), at, length); break;
      case TypeKind::kXmlElement:
      case TypeKind::kXmlFragment: edit_xml(as<XmlFragment>(type), at, length, key); break;
      default: edit_array(as<Array>(type), at, length);
    }
  }

  std::uint32_t roll(std::uint32_t sides) {
    return std::uniform_int_distribution<std::uint32_t>(0, sides - 1)(random_);
  }

  Doc doc;

 private:
  Type any_type() {
    std::vector<Type> all{doc.map("map"), doc.array("array"), doc.text("text"),
                          doc.xml_fragment("xml")};
    for (TypeIndex i = 0; i < doc.engine().store.types.size(); ++i)
      if (!doc.engine().is_deleted(i) && doc.engine().type(i).kind != TypeKind::kXmlText)
        all.emplace_back(&doc.engine(), i);
    return all[roll(static_cast<std::uint32_t>(all.size()))];
  }

  TypeKind nested_kind() {
    return std::array{TypeKind::kMap, TypeKind::kArray, TypeKind::kText}[roll(3)];
  }
  Any value() { return roll(2) == 0 ? Any(1) : Any(Any::Object{{"a", 1}}); }

  void edit_map(Map map, const std::string& key) {
    switch (roll(3)) {
      case 0: (void)map.set(key, value()); break;
      case 1: (void)map.set_type(key, nested_kind()); break;
      default: (void)map.erase(key);
    }
  }
  void edit_array(Array array, std::uint32_t at, std::uint32_t length) {
    switch (roll(3)) {
      case 0: (void)array.insert(at, {value(), value()}); break;
      case 1: (void)array.insert_type(at, nested_kind()); break;
      default: (void)array.erase(at, roll(length - at + 1));
    }
  }
  void edit_text(Text text, std::uint32_t at, std::uint32_t length) {
    switch (roll(3)) {
      case 0: (void)text.insert(at, "abc"); break;
      case 1: (void)text.format(at, roll(length - at + 1), {{"bold", roll(2) == 0}}); break;
      default: (void)text.erase(at, roll(length - at + 1));
    }
  }
  void edit_xml(XmlFragment xml, std::uint32_t at, std::uint32_t length, const std::string& key) {
    switch (roll(4)) {
      case 0: (void)xml.insert_element(at, "p"); break;
      case 1: (void)xml.insert_text(at)->insert(0, "text"); break;
      case 2: (void)as<XmlElement>(xml).set_attribute(key, 1); break;
      default: (void)xml.erase(at, roll(length - at + 1));
    }
  }

  std::mt19937& random_;
};

TEST(Effect, IsCompleteInRandomHistories) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    Doc server({.clean_formats = false});
    std::vector<Author> authors;
    for (ClientId id = 1; id <= 3; ++id) authors.emplace_back(id, random);
    for (int step = 0; step < 40; ++step) {
      Author& author = authors[authors[0].roll(3)];
      const std::uint32_t edits = 1 + author.roll(6);
      author.doc.transact([&] {
        for (std::uint32_t i = 0; i < edits; ++i) author.edit();
      });
      if (author.roll(3) == 0) continue;  // stays behind, and brings more at once
      const Bytes update = author.doc.encode_state_as_update(server.state_vector());
      const Result<Effect> effect = server.prepare(update);
      ASSERT_TRUE(effect);
      Judge judge(server, *effect);
      const auto token =
          server.on_transaction([&](const TransactionEvent& event) { judge.judge(event); });
      ASSERT_TRUE(server.apply_update(update));
      server.off(token);
      ASSERT_EQ(judge.complaint, "") << "seed " << seed << ", step " << step;
      ASSERT_TRUE(author.doc.apply_update(server.encode_state_as_update()));
    }
  }
}

}  // namespace
}  // namespace syncline::crdt
