// The engine through Doc: what the differential test against Yjs does not reach.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "crdt/update_writer.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

Doc make(ClientId client, bool gc = true) {
  return Doc({.client_id = client, .gc = gc, .guid = {}});
}

void expect_whole(const Doc& doc) {
  const Result<void> ok = doc.check();
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().message);
}

TEST(Engine, ReplicasConvergeWhateverTheOrder) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<Doc> docs;
    std::vector<std::vector<Bytes>> sent(3);
    for (ClientId i = 0; i < 3; ++i) docs.push_back(make(i + 1));
    for (std::size_t i = 0; i < 3; ++i) {
      docs[i].on_update([&sent, i](const UpdateEvent& event) {
        if (event.local()) sent[i].push_back(to_bytes(event.update()));
      });
    }
    for (int round = 0; round < 60; ++round) {
      Doc& doc = docs[random() % 3];
      Text text = doc.text("t");
      const auto at = static_cast<std::uint32_t>(random() % (text.length() + 1));
      if (random() % 3 != 0 || at == text.length()) {
        ASSERT_TRUE(text.insert(at, random() % 4 == 0 ? "x\xF0\x9F\x98\x80y" : "abc"));
      } else {
        ASSERT_TRUE(text.erase(at, 1));
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      std::vector<Bytes> all;
      for (std::size_t j = 0; j < 3; ++j)
        if (j != i) all.insert(all.end(), sent[j].begin(), sent[j].end());
      std::shuffle(all.begin(), all.end(), random);
      for (const Bytes& update : all) ASSERT_TRUE(docs[i].apply_update(update));
      EXPECT_TRUE(docs[i].missing().clients().empty());
      expect_whole(docs[i]);
    }
    EXPECT_EQ(docs[0].text("t").to_string(), docs[1].text("t").to_string());
    EXPECT_EQ(docs[0].text("t").to_string(), docs[2].text("t").to_string());
    EXPECT_EQ(docs[0].state_vector(), docs[1].state_vector());
    EXPECT_EQ(docs[0].delete_set(), docs[2].delete_set());
  }
}

TEST(Engine, TypingIsOneItem) {
  Doc doc = make(1);
  Text text = doc.text("t");
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_TRUE(text.insert(i, "a"));
  EXPECT_EQ(doc.engine().store.items.live(), 1u);
  Array array = doc.array("a");
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(array.push({Any(i)}));
  EXPECT_EQ(doc.engine().store.items.live(), 2u);
  EXPECT_EQ(std::get<Any>(*array.get(777)), Any(777));
}

TEST(Engine, EndlessEditingOfASmallDocumentStaysSmall) {
  Doc doc = make(1);
  Text text = doc.text("t");
  Map map = doc.map("m");
  std::size_t early = 0;
  for (int i = 0; i < 60000; ++i) {
    ASSERT_TRUE(text.insert(text.length() / 2, "some words "));
    if (text.length() > 200) {
      ASSERT_TRUE(text.erase(i % 100, 60));
    }
    ASSERT_TRUE(map.set("key", Any("value " + std::to_string(i))));
    if (i == 10000) early = doc.memory_bytes();
  }
  expect_whole(doc);
  EXPECT_LT(doc.memory_bytes(), early * 8);
}

// Snapshots of large documents are made now and then. Their buffers were as large as the document.
TEST(Engine, AfterALargeEncodingItsBuffersAreReleased) {
  Doc doc = make(1);
  ASSERT_TRUE(doc.text("t").insert(0, std::string(2'000'000, 'x')));
  ASSERT_TRUE(doc.map("m").set("binary", Bytes(2'000'000, std::uint8_t{1})));
  const std::size_t before = doc.memory_bytes();
  for (const UpdateVersion version : {UpdateVersion::kV1, UpdateVersion::kV2}) {
    EXPECT_GT(doc.encode_state_as_update({}, version).size(), 4'000'000u);
    EXPECT_LT(doc.memory_bytes(), before + 100'000);
  }
}

// Few values may be large, so what counts is what dead values occupy.
TEST(Engine, AnEndlesslyReplacedLargeValueStaysSmall) {
  Doc doc = make(1);
  Map map = doc.map("m");
  for (int i = 0; i < 300; ++i) {
    const auto digit = static_cast<char>('0' + i % 10);
    ASSERT_TRUE(map.set("page", Any(std::string(100'000, digit))));
    ASSERT_LT(doc.memory_bytes(), 1'000'000u) << i;
  }
  expect_whole(doc);
  EXPECT_EQ(std::get<Any>(*map.get("page")), Any(std::string(100'000, '9')));
}

TEST(Engine, DeepNestingNeedsNoStack) {
  Doc doc = make(1);
  Array outer = doc.array("a");
  Array inner = outer;
  doc.transact([&] {
    for (int i = 0; i < 200000; ++i) inner = as<Array>(*inner.insert_type(0, TypeKind::kArray));
  });
  Doc copy = make(2);
  ASSERT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  ASSERT_TRUE(outer.erase(0));
  EXPECT_TRUE(inner.deleted());
  expect_whole(doc);
  ASSERT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  EXPECT_EQ(copy.encode_state_as_update(), doc.encode_state_as_update());
  EXPECT_EQ(copy.array("a").length(), 0u);
}

TEST(Engine, ARefusedUpdateChangesNothing) {
  Doc doc = make(1);
  ASSERT_TRUE(doc.text("t").insert(0, "hello"));
  const Bytes good = [&] {
    Doc other = make(2);
    EXPECT_TRUE(other.text("t").insert(0, "other"));
    EXPECT_TRUE(other.map("m").set("k", Any(1)));
    return other.encode_state_as_update();
  }();
  const Bytes before = doc.encode_state_as_update();
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const Bytes bad(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_FALSE(doc.apply_update(bad));
    EXPECT_FALSE(doc.prepare(bad));
    EXPECT_EQ(doc.encode_state_as_update(), before);
  }
}

TEST(Engine, UpdatesWaitForWhatTheyNeed) {
  Doc source = make(7);
  std::vector<Bytes> updates;
  source.on_update([&](const UpdateEvent& e) { updates.push_back(to_bytes(e.update())); });
  ASSERT_TRUE(source.text("t").insert(0, "ab"));
  ASSERT_TRUE(source.text("t").insert(0, "c"));
  ASSERT_TRUE(source.text("t").erase(1, 1));
  Doc doc = make(1);
  const Result<Effect> effect = doc.prepare(updates[1]);
  ASSERT_TRUE(effect);
  EXPECT_FALSE(effect->changes);
  EXPECT_EQ(effect->waits_for.get(7), 2u);
  for (const std::size_t i : {2, 1}) {
    const Result<ApplyResult> result = doc.apply_update(updates[i]);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->waiting);
    EXPECT_FALSE(result->changed);
  }
  EXPECT_EQ(doc.missing().get(7), 2u);
  const Result<ApplyResult> result = doc.apply_update(updates[0]);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->changed);
  EXPECT_FALSE(result->waiting);
  EXPECT_EQ(doc.text("t").to_string(), "cb");
  EXPECT_EQ(doc.encode_state_as_update(), source.encode_state_as_update());
}

TEST(Engine, AClashOfClientIdsGivesANewOne) {
  Doc doc = make(5);
  Doc twin = make(5);
  ASSERT_TRUE(twin.text("t").insert(0, "x"));
  ASSERT_TRUE(doc.apply_update(twin.encode_state_as_update()));
  EXPECT_EQ(doc.client_id(), Engine::next_client_id(5));
  ASSERT_TRUE(doc.text("t").insert(1, "y"));
  EXPECT_EQ(doc.text("t").to_string(), "xy");
}

// Two devices under one id learn of a third that has used it, too: they must not meet again.
TEST(Engine, WhoSharedAClientIdDoesNotShareTheNextOne) {
  Doc third = make(5);
  ASSERT_TRUE(third.text("t").insert(0, "x"));
  Doc one({.client_id = 5, .next_client_seed = 1});
  Doc other({.client_id = 5, .next_client_seed = 2});
  for (Doc* doc : {&one, &other}) ASSERT_TRUE(doc->apply_update(third.encode_state_as_update()));
  EXPECT_NE(one.client_id(), 5u);
  EXPECT_NE(other.client_id(), 5u);
  EXPECT_NE(one.client_id(), other.client_id());
  ASSERT_TRUE(one.text("t").insert(0, "1"));
  ASSERT_TRUE(other.text("t").insert(0, "2"));
  ASSERT_TRUE(one.apply_update(other.encode_state_as_update()));
  ASSERT_TRUE(other.apply_update(one.encode_state_as_update()));
  EXPECT_EQ(one.encode_state_as_update(), other.encode_state_as_update());
  EXPECT_EQ(one.text("t").to_string().size(), 3u);
}

TEST(Engine, PrepareTellsPathsAndPositions) {
  Doc doc = make(1);
  ASSERT_TRUE(doc.text("t").insert(0, "hello world"));
  const Map board = as<Map>(*doc.map("board").set_type("columns", TypeKind::kMap));
  Doc other = make(2);
  ASSERT_TRUE(other.apply_update(doc.encode_state_as_update()));
  Bytes update;
  other.on_update([&](const UpdateEvent& event) { update = to_bytes(event.update()); });
  other.transact([&] {
    ASSERT_TRUE(other.text("t").insert(5, "XY"));
    ASSERT_TRUE(other.text("t").erase(0, 2));
    Map columns = as<Map>(std::get<Type>(*other.map("board").get("columns")));
    Array list = as<Array>(*columns.set_type("todo", TypeKind::kArray));
    ASSERT_TRUE(list.push({Any(1), Any(2)}));
  });
  const Bytes before = doc.encode_state_as_update();
  const Result<Effect> effect = doc.prepare(update);
  ASSERT_TRUE(effect);
  EXPECT_EQ(doc.encode_state_as_update(), before);
  ASSERT_EQ(effect->touches.size(), 3u);
  EXPECT_TRUE(effect->changes);
  const Touch& insert = effect->touches[0];
  EXPECT_EQ(insert.kind, Touch::Kind::kInsert);
  EXPECT_EQ(to_string(insert.type), "t");
  EXPECT_EQ(insert.index, 5u);
  EXPECT_EQ(insert.length, 2u);
  const Touch& set = effect->touches[1];
  EXPECT_EQ(set.kind, Touch::Kind::kSetKey);
  EXPECT_EQ(to_string(set.type), "board.columns");
  EXPECT_EQ(set.key, "todo");
  EXPECT_EQ(set.extent, Touch::Extent::kBelow);  // a new list, and all that it holds
  const Touch& erase = effect->touches[2];
  EXPECT_EQ(erase.kind, Touch::Kind::kDelete);
  EXPECT_EQ(erase.index, 0u);
  EXPECT_EQ(erase.length, 2u);
  ASSERT_TRUE(doc.apply_update(update));
  EXPECT_FALSE(doc.prepare(update)->changes);
  EXPECT_EQ(to_string(board.path()), "board.columns");
}

TEST(Engine, ManyTinySequencesCostLittle) {
  Doc doc = make(1);
  XmlFragment root = doc.xml_fragment("x");
  doc.transact([&] {
    for (int i = 0; i < 5000; ++i) {
      const XmlElement element =
          as<XmlElement>(*root.insert(root.length(), TypeKind::kXmlElement, "p"));
      ASSERT_TRUE(XmlElement(element).insert(0, TypeKind::kXmlText));
    }
  });
  expect_whole(doc);
  EXPECT_LT(doc.memory_bytes() / 10000, 400u);  // a type, its item, its leaf
}

TEST(Engine, UpdatesOfAnObserversTransactionFollow) {
  Doc doc = make(1);
  std::vector<std::string> order;
  Text text = doc.text("t");
  Map map = doc.map("m");
  text.observe([&](const TypeEvent&) {
    order.push_back("observed");
    ASSERT_TRUE(map.set("n", Any(1)));
  });
  doc.on_update([&](const UpdateEvent& event) {
    order.push_back("update");
    EXPECT_FALSE(event.update().empty());
  });
  ASSERT_TRUE(text.insert(0, "a"));
  EXPECT_EQ(order, (std::vector<std::string>{"observed", "update", "update"}));
  expect_whole(doc);
}

// Each new key was looked up among all earlier ones of the transaction: 40,000 million comparisons
// here, minutes for an update of a few megabytes.
TEST(Engine, ManyKeysInOneTransactionAreNotComparedPairwise) {
  constexpr int kKeys = 300'000;
  Doc author = make(1);
  author.transact([&] {
    Map map = author.map("m");
    for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(map.set(std::to_string(i), Any(i)));
  });
  Doc reader = make(2);
  ASSERT_TRUE(reader.apply_update(author.encode_state_as_update()));
  EXPECT_EQ(reader.map("m").length(), static_cast<std::uint32_t>(kKeys));
}

TEST(Engine, RootsThatNobodyNamedAreShownAsWhatTheyHold) {
  Doc author = make(1);
  ASSERT_TRUE(author.text("text").insert(0, "gone, stays"));
  ASSERT_TRUE(author.text("text").erase(0, 6));
  ASSERT_TRUE(author.array("array").insert(0, {Any(1), Any("a")}));
  ASSERT_TRUE(author.map("map").set("k", Any(true)));
  Doc reader = make(2);
  ASSERT_TRUE(reader.apply_update(author.encode_state_as_update()));
  EXPECT_EQ(to_json(reader.to_json()), to_json(author.to_json()));
  EXPECT_EQ(to_json(reader.to_json()), R"({"text":"stays","array":[1,"a"],"map":{"k":true}})");
}

// What was inserted at one place by clients who know nothing of each other is in the order of their
// ids, in whatever order it comes, and nothing else that happens between may change that.
TEST(Engine, SiblingsAreInOneOrderHoweverTheyArrive) {
  std::mt19937 random(11);
  constexpr ClientId kClients = 40;
  std::vector<Bytes> updates;
  for (ClientId id = 1; id <= kClients; ++id) {
    Doc doc({.client_id = id});
    doc.transact([&] {
      ASSERT_TRUE(doc.array("a").insert(0, {Any(static_cast<double>(id)), Any("x")}));
      ASSERT_TRUE(doc.map("m").set("k", Any(static_cast<double>(id))));
      ASSERT_TRUE(
          doc.text("t").insert(0, std::string(id % 3 + 1, static_cast<char>('a' + id % 26))));
    });
    doc.transact([&] {
      ASSERT_TRUE(doc.array("a").erase(0, id % 2));
      ASSERT_TRUE(doc.text("t").insert(1, id % 4 == 0 ? "-" : ""));
    });
    updates.push_back(doc.encode_state_as_update());
  }
  std::string expected;
  Bytes bytes;
  for (int round = 0; round < 30; ++round) {
    if (round == 1) std::reverse(updates.begin(), updates.end());
    if (round > 1) std::shuffle(updates.begin(), updates.end(), random);
    Doc doc({.client_id = 1000});
    for (const Bytes& update : updates) ASSERT_TRUE(doc.apply_update(update));
    ASSERT_TRUE(doc.check());
    if (round == 0) {
      expected = to_json(doc.to_json());
      bytes = doc.encode_state_as_update();
    }
    ASSERT_EQ(to_json(doc.to_json()), expected);
    ASSERT_EQ(doc.encode_state_as_update(), bytes);
  }
}

// An update holds the new end of a run that grew, however it is cut off.
TEST(Engine, UpdatesOfAGrownRunHoldOnlyItsEnd) {
  Doc doc({.client_id = 1});
  Doc other({.client_id = 2});
  std::size_t largest = 0;
  (void)doc.on_update([&](const UpdateEvent& event) {
    largest = std::max(largest, std::max(event.update().size(), event.update_v2().size()));
    ASSERT_TRUE(other.apply_update(event.update()));
  });
  for (std::uint32_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(doc.text("t").insert(2 * i, "😀"));
    ASSERT_TRUE(doc.array("a").insert(i, {Any(static_cast<double>(i))}));
  }
  EXPECT_LT(largest, 64U);
  EXPECT_EQ(other.to_json(), doc.to_json());
  // A reader who knows half of a pair gets U+FFFD for the other half, as from Yjs.
  StateVector half;
  half.set(1, 2);
  (void)other.apply_update(doc.encode_state_as_update(half));
  EXPECT_TRUE(other.check());
}

// Deleting beside what is deleted moves a border; while somebody observes, items are cut, deleted
// and merged. Both come to the same bytes, here and where the updates are applied.
TEST(Engine, DeletingAtABorderIsDeletingTheLongWay) {
  std::mt19937 random(5);
  Doc quick({.client_id = 1});
  Doc observed({.client_id = 1});
  Doc reader({.client_id = 2});
  (void)observed.text("t").observe([](const TypeEvent&) {});
  (void)observed.array("a").observe([](const TypeEvent&) {});
  (void)quick.on_update(
      [&](const UpdateEvent& event) { ASSERT_TRUE(reader.apply_update(event.update())); });
  const auto both = [&](const auto& edit) {
    for (Doc* doc : {&quick, &observed}) doc->transact([&] { edit(*doc); });
  };
  for (int step = 0; step < 2000; ++step) {
    const std::uint32_t length = quick.text("t").length();
    const std::uint32_t size = quick.array("a").length();
    const std::uint32_t at = random() % (length + 1);
    const std::uint32_t count = std::min<std::uint32_t>(1 + random() % 3, length - at);
    const unsigned kind = random() % 8;
    both([&](Doc& doc) {
      if (kind < 2) {
        ASSERT_TRUE(doc.text("t").insert(at, kind == 0 ? "ab😀c" : "wörld"));
      }
      // As backspace and the delete key do it, several at a time and one by one.
      for (std::uint32_t i = 0; kind == 2 && i < count; ++i)
        ASSERT_TRUE(doc.text("t").erase(at + count - 1 - i, 1));
      for (std::uint32_t i = 0; kind == 3 && i < count; ++i)
        ASSERT_TRUE(doc.text("t").erase(at, 1));
      if (kind == 4) {
        ASSERT_TRUE(doc.text("t").erase(at, count));
      }
      if (kind == 5) {
        ASSERT_TRUE(doc.array("a").insert(size, {Any(1.0), Any("x"), Any(2.0)}));
      }
      if (kind == 6 && size > 0) {
        ASSERT_TRUE(doc.array("a").erase(size / 2, 1));
      }
      if (kind == 7 && size > 0) {
        ASSERT_TRUE(doc.array("a").erase(0, 1));
      }
    });
    ASSERT_EQ(quick.encode_state_as_update(), observed.encode_state_as_update()) << step;
  }
  EXPECT_TRUE(quick.check());
  EXPECT_TRUE(reader.check());
  EXPECT_EQ(reader.encode_state_as_update(), quick.encode_state_as_update());
}

// Servers hold many small documents, so what is allocated for the first items and types must be small.
TEST(Engine, ASmallDocumentHoldsLittle) {
  Doc writer({.client_id = 1});
  writer.text("text").insert(0, std::string(100, 'x')).value();
  Doc doc({.client_id = 2});
  doc.apply_update(writer.encode_state_as_update()).value();
  EXPECT_LT(doc.memory_bytes(), 3'300u);
}

// A server has many documents, and edits none itself.
TEST(Engine, KnowsNothingOfItsOwnClientBeforeItsFirstEdit) {
  Doc author = make(1);
  ASSERT_TRUE(author.text("t").insert(0, "abc"));
  Doc reader = make(2);
  ASSERT_TRUE(reader.apply_update(author.encode_state_as_update()));
  EXPECT_EQ(reader.engine().store.clients.size(), 1U);
  EXPECT_EQ(reader.client_id(), 2U);
  ASSERT_TRUE(reader.text("t").insert(3, "d"));
  EXPECT_EQ(reader.engine().store.clients.size(), 2U);
  EXPECT_EQ(reader.text("t").to_string(), "abcd");
  expect_whole(reader);
}

// Also if it has not edited yet.
TEST(Engine, LeavesAClientIdUnderWhichAnotherReplicaEdits) {
  Doc author = make(1);
  ASSERT_TRUE(author.text("t").insert(0, "abc"));
  Doc other = make(1);
  ASSERT_TRUE(other.apply_update(author.encode_state_as_update()));
  EXPECT_NE(other.client_id(), 1U);
  ASSERT_TRUE(other.text("t").insert(0, "x"));
  ASSERT_TRUE(author.apply_update(other.encode_state_as_update()));
  EXPECT_EQ(author.text("t").to_string(), "xabc");
  expect_whole(other);
}

}  // namespace
}  // namespace syncline::crdt
