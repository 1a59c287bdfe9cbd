// Loading into an empty document at once against applying struct by struct, which is what happens
// within a transaction.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

using Random = std::mt19937;

struct Flavour {
  bool gc;
  bool formats;
  bool wide;  // text that is not ASCII
};

// Replicas that edit and hear of each other now and then.
class History {
 public:
  History(unsigned seed, Flavour flavour) : random_(seed), flavour_(flavour) {
    const std::size_t count = 1 + seed % 4;
    for (ClientId i = 0; i < count; ++i) {
      docs_.emplace_back(DocOptions{.client_id = 100 + (i * 7 + seed) % 10, .gc = flavour.gc});
      docs_.back().on_update([this](const UpdateEvent& event) {
        if (event.local()) updates_.push_back(to_bytes(event.update()));
      });
    }
    for (int round = 0; round < 80; ++round) {
      Doc& doc = docs_[random_() % docs_.size()];
      edit(doc);
      Doc& other = docs_[random_() % docs_.size()];
      if (random_() % 8 == 0) {
        EXPECT_TRUE(other.apply_update(doc.encode_state_as_update(other.state_vector())));
      }
    }
  }

  const std::vector<Bytes>& updates() const { return updates_; }
  Random& random() { return random_; }

  // What each replica knows, what all know, and the same put together from the updates of edits.
  std::vector<Bytes> states(UpdateVersion version) {
    std::vector<Bytes> out;
    for (const Doc& doc : docs_) out.push_back(doc.encode_state_as_update({}, version));
    for (const Doc& doc : docs_) EXPECT_TRUE(docs_[0].apply_update(doc.encode_state_as_update()));
    out.push_back(docs_[0].encode_state_as_update({}, version));
    std::vector<ByteView> views(updates_.begin(), updates_.end());
    out.push_back(*merge_updates(views, UpdateVersion::kV1));
    if (version == UpdateVersion::kV2)
      out.back() = *convert_update(out.back(), UpdateVersion::kV1, version);
    return out;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::string word() {
    static const char* const kPlain[] = {"a", "bc", "def", "words and more"};
    static const char* const kWide[] = {"\xC3\xA4", "x\xF0\x9F\x98\x80y",
                                        ("\xE2\x82\xAC"
                                         "uro"),
                                        "z"};
    return flavour_.wide ? kWide[below(4)] : kPlain[below(4)];
  }

  void edit(Doc& doc) {
    switch (below(6)) {
      case 0: return edit_map(doc.map("m"));
      case 1: return edit_array(doc.array("a"));
      default: return edit_text(doc.text("t"));
    }
  }

  void edit_text(Text text) {
    const std::uint32_t length = text.length();
    const std::uint32_t at = below(length + 1);
    const std::uint32_t rest = std::min(length - at, 1 + below(6));
    if (rest > 0 && below(3) == 0)
      EXPECT_TRUE(text.erase(at, rest));
    else if (rest > 0 && flavour_.formats && below(4) == 0)
      EXPECT_TRUE(text.format(at, rest, {{"bold", below(2) == 0 ? Any(true) : Any()}}));
    else
      EXPECT_TRUE(text.insert(at, word()));
  }

  void edit_map(Map map) {
    const std::string key(1, static_cast<char>('k' + below(3)));
    switch (below(4)) {
      case 0: EXPECT_TRUE(map.erase(key)); break;
      case 1: {
        const auto made = map.set_type(key, TypeKind::kText);
        ASSERT_TRUE(made);
        EXPECT_TRUE(as<Text>(*made).insert(0, word()));
        break;
      }
      default: EXPECT_TRUE(map.set(key, Any(static_cast<double>(below(100))))); break;
    }
  }

  void edit_array(Array array) {
    const std::uint32_t length = array.length();
    const std::uint32_t at = below(length + 1);
    switch (below(4)) {
      case 0:
        if (at < length) {
          EXPECT_TRUE(array.erase(at, 1));
        }
        break;
      case 1: {
        const auto made = array.insert_type(at, TypeKind::kMap);
        ASSERT_TRUE(made);
        edit_map(as<Map>(*made));
        break;
      }
      default: EXPECT_TRUE(array.insert(at, {Any(1), Any(word()), Any()})); break;
    }
  }

  Random random_;
  Flavour flavour_;
  std::vector<Doc> docs_;
  std::vector<Bytes> updates_;
};

void expect_equal(const Doc& at_once, const Doc& by_structs) {
  const Result<void> ok = at_once.check();
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().message);
  EXPECT_EQ(at_once.encode_state_as_update(), by_structs.encode_state_as_update());
  EXPECT_EQ(at_once.encode_state_as_update({}, UpdateVersion::kV2),
            by_structs.encode_state_as_update({}, UpdateVersion::kV2));
  EXPECT_EQ(at_once.to_json(), by_structs.to_json());
  EXPECT_EQ(at_once.missing(), by_structs.missing());
  EXPECT_EQ(at_once.client_id(), by_structs.client_id());
  EXPECT_EQ(at_once.engine().store.items.live(), by_structs.engine().store.items.live());
}

class BulkLoadTest : public testing::TestWithParam<Flavour> {};

TEST_P(BulkLoadTest, IsWhatApplyingStructByStructComesTo) {
  const Flavour flavour = GetParam();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed, flavour);
    const UpdateVersion version = seed % 2 == 0 ? UpdateVersion::kV1 : UpdateVersion::kV2;
    for (const Bytes& state : history.states(version)) {
      // Now and then with an id that is in use.
      const ClientId client = seed % 5 == 0 ? 104 : 999;
      Doc at_once({.client_id = client, .gc = flavour.gc});
      Doc by_structs({.client_id = client, .gc = flavour.gc});
      Bytes sent[2];
      at_once.on_update([&](const UpdateEvent& event) { sent[0] = to_bytes(event.update()); });
      by_structs.on_update([&](const UpdateEvent& event) { sent[1] = to_bytes(event.update()); });
      const auto loaded = at_once.apply_update(state, version);
      ASSERT_TRUE(loaded);
      EXPECT_FALSE(loaded->waiting);
      by_structs.transact([&] { ASSERT_TRUE(by_structs.apply_update(state, version)); });
      expect_equal(at_once, by_structs);
      EXPECT_EQ(sent[0], sent[1]);
      // The edits that follow: of others, then of its own.
      for (const Bytes& update : history.updates()) {
        ASSERT_TRUE(at_once.apply_update(update));
        ASSERT_TRUE(by_structs.apply_update(update));
      }
      expect_equal(at_once, by_structs);
      for (int i = 0; i < 20; ++i) {
        Text texts[] = {at_once.text("t"), by_structs.text("t")};
        const auto at = static_cast<std::uint32_t>(history.random()() % (texts[0].length() + 1));
        const bool erases = at < texts[0].length() && i % 3 == 0;
        for (Text& text : texts) ASSERT_TRUE(erases ? text.erase(at, 1) : text.insert(at, "new"));
      }
      expect_equal(at_once, by_structs);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, BulkLoadTest,
                         testing::Values(Flavour{true, false, false}, Flavour{false, false, false},
                                         Flavour{true, true, false}, Flavour{false, true, true},
                                         Flavour{true, false, true}));

// Parts of a history, alone: much of what they need is missing, and waits.
TEST(BulkLoad, WhatNeedsMoreWaitsAsEver) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    History history(seed, {true, false, false});
    std::vector<ByteView> some;
    for (const Bytes& update : history.updates())
      if (history.random()() % 4 != 0) some.push_back(update);
    const Bytes part = *merge_updates(some, UpdateVersion::kV1);
    Doc at_once({.client_id = 999});
    Doc by_structs({.client_id = 999});
    const auto loaded = at_once.apply_update(part);
    ASSERT_TRUE(loaded);
    by_structs.transact([&] {
      const auto applied = by_structs.apply_update(part);
      ASSERT_TRUE(applied);
      EXPECT_EQ(applied->waiting, loaded->waiting);
    });
    expect_equal(at_once, by_structs);
    for (const Bytes& update : history.updates()) {
      ASSERT_TRUE(at_once.apply_update(update));
      ASSERT_TRUE(by_structs.apply_update(update));
    }
    expect_equal(at_once, by_structs);
  }
}

TEST(BulkLoad, ARefusedUpdateLeavesNothing) {
  History history(3, {true, true, false});
  const Bytes good = history.states(UpdateVersion::kV1).back();
  Doc doc({.client_id = 999});
  const std::size_t clients = doc.engine().store.clients.size();
  for (std::size_t size = 0; size < good.size(); size += 7) {
    EXPECT_FALSE(doc.apply_update(ByteView(good).first(size)));
    ASSERT_EQ(doc.engine().store.items.live(), 0u);
    ASSERT_EQ(doc.engine().store.clients.size(), clients);
    ASSERT_EQ(doc.engine().store.keys.size(), 0u);
  }
  ASSERT_TRUE(doc.apply_update(good));
  EXPECT_TRUE(doc.check());
}

// A struct that names one of another client that names one of its own: neither can be first.
TEST(BulkLoad, StructsInACircleWait) {
  const Bytes circle{2, 1, 2, 0, 0x84, 1, 0, 1, 'b', 1, 1, 0, 0x84, 2, 0, 1, 'a', 0};
  Doc doc({.client_id = 999});
  const auto applied = doc.apply_update(circle);
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->waiting);
  EXPECT_EQ(doc.engine().store.items.live(), 0u);
}

}  // namespace
}  // namespace syncline::crdt
