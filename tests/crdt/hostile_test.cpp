// Updates that are made to cost much. Judged by the steps that the engine counts (Store::work),
// never by time.
#include <gtest/gtest.h>

#include <bit>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "crdt/engine.h"
#include "support/hex.h"
#include "support/hostile_updates.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {

namespace hostile {
void PrintTo(const NamedAttack& attack, std::ostream* out) {
  *out << attack.name;
}
}  // namespace hostile

namespace {

using hostile::Attack;
using hostile::kAttacks;
using hostile::NamedAttack;
using hostile::UpdateBuilder;

constexpr ScanLimits kNoIndex{.few = 0xffffffff, .patience = 0xffffffff};
constexpr ScanLimits kAlwaysIndex{.few = 0, .patience = 0};

// The document after an attack, whose updates are prepared and applied.
Doc attacked(const Attack& attack, ScanLimits limits = {}) {
  Doc doc({.client_id = 1'000'000'007, .clean_formats = attack.clean_formats});
  doc.engine().scan_limits = limits;
  if (attack.clean_formats) doc.text("r");
  for (const Bytes& update : attack.before) EXPECT_TRUE(doc.apply_update(update));
  doc.engine().store.work = 0;
  for (const Bytes& update : attack.updates) {
    EXPECT_TRUE(doc.prepare(update));
    EXPECT_TRUE(doc.apply_update(update));
  }
  return doc;
}

constexpr std::uint64_t kStepsPerStructAndLevel = 24;

std::uint64_t bound(std::uint32_t n) {
  return kStepsPerStructAndLevel * n * static_cast<std::uint64_t>(std::bit_width(n));
}

class Hostile : public ::testing::TestWithParam<NamedAttack> {};

TEST_P(Hostile, CostsNoMoreThanNLogN) {
  constexpr std::uint32_t kSize = 10'000;
  const Doc doc = attacked(GetParam().make(kSize));
  EXPECT_LE(doc.engine().store.work, bound(kSize));
  Doc copy({.client_id = 1'000'000'009});
  EXPECT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  EXPECT_LE(copy.engine().store.work, bound(kSize));
}

INSTANTIATE_TEST_SUITE_P(Attacks, Hostile, ::testing::ValuesIn(kAttacks),
                         [](const auto& test) { return std::string(test.param.name); });

// Without the index the same attacks are quadratic, so the bound above can fail.
TEST(HostileBound, IsBrokenByAScan) {
  constexpr std::uint32_t kSize = 2000;
  for (const NamedAttack& attack : kAttacks) {
    if (attack.name != "KeyOfManyClients" && attack.name != "OneOrigin" &&
        attack.name != "ManyRightOrigins" && attack.name != "Crossing" &&
        attack.name != "NarrowCuts")
      continue;
    EXPECT_GT(attacked(attack.make(kSize), kNoIndex).engine().store.work, bound(kSize))
        << attack.name;
  }
}

// ---- the index

// The ids of a list in its order.
std::vector<Id> list_of(Doc& doc, bool keyed) {
  Store& store = doc.engine().store;
  const TypeIndex type = store.types.root(store.keys.find("r"));
  std::vector<Handle> items;
  if (keyed) {
    for (Handle h = store.types.value(type, store.keys.find("k")); h != kNoItem; h = store[h].left)
      items.insert(items.begin(), h);
  } else {
    for (Handle h = store.types[type].sequence.first; h != kNoItem; h = store[h].right)
      items.push_back(h);
  }
  std::vector<Id> ids;
  for (const Handle item : items)
    for (Clock i = 0; i < store[item].len; ++i)
      ids.push_back({store.clients[store[item].client].id, store[item].clock + i});
  return ids;
}

std::string deletes_of(const Doc& doc) {
  std::string out;
  const Bytes state = doc.encode_state_as_update();
  DecodedUpdate decoded;
  EXPECT_TRUE(decode_update(state, UpdateVersion::kV1, decoded, UpdateLimits{}));
  for (const auto& [client, ranges] : decoded.deletes.clients())
    for (const ClockRange& range : ranges)
      out += std::to_string(client) + ":" + std::to_string(range.clock) + "+" +
             std::to_string(range.len) + " ";
  return out;
}

// Random updates of several clients. Origins and right origins are any elements at all, so most
// of these histories are impossible for honest clients.
class HostileHistory {
 public:
  enum class Kind : std::uint8_t {
    kAny,
    kRunsUnderKey,  // nothing has a right origin, so the order is that of every replica
  };

  explicit HostileHistory(unsigned seed, Kind kind = Kind::kAny)
      : random_(seed),
        kind_(kind),
        keyed_(below(3) == 0 || kind == Kind::kRunsUnderKey),
        clocks_(1 + below(8)),
        near_(1 + below(40)) {}

  bool keyed() const { return keyed_; }

  Bytes next() {
    UpdateBuilder builder;
    const std::uint32_t client = below(static_cast<std::uint32_t>(clocks_.size()));
    for (std::uint32_t left = 1 + below(3); left > 0; --left) add_block(builder, client);
    if (below(3) == 0) {
      const Id id = ids_[below(static_cast<std::uint32_t>(ids_.size()))];
      builder.deletes().add(id.client, id.clock, 1);
    }
    return builder.take();
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

 private:
  void add_block(UpdateBuilder& builder, std::uint32_t client) {
    const Clock len = 1 + below(4);
    Block& block = builder.add(client * 7 + 1, clocks_[client], len);
    if (!ids_.empty() && below(3) != 0) hostile::behind(block, pick());
    if (kind_ == Kind::kAny && !ids_.empty() && below(3) != 0) hostile::before(block, pick());
    if (!block.has_origin && !block.has_right_origin) {
      hostile::in_root(block);
      if (keyed_) hostile::under_key(block, "k");
    }
    hostile::with_text(block, std::string_view("abcd").substr(0, len));
    clocks_[client] += len;
    for (Clock i = 0; i < len; ++i) ids_.push_back({block.client, block.clock + i});
  }

  // One of the first or of the last elements.
  Id pick() {
    const auto size = static_cast<std::uint32_t>(ids_.size());
    const std::uint32_t n = below(std::min(near_, size));
    return ids_[below(2) == 0 ? n : size - 1 - n];
  }

  std::mt19937 random_;
  Kind kind_;
  bool keyed_;
  std::vector<Clock> clocks_;
  std::uint32_t near_;
  std::vector<Id> ids_;
};

TEST(ConflictIndex, GivesThePlaceOfTheScan) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    HostileHistory history(seed);
    Doc indexed({.client_id = 1'000'001});
    Doc scanned({.client_id = 1'000'001});
    indexed.engine().scan_limits = {.few = 0, .patience = history.below(3)};
    scanned.engine().scan_limits = kNoIndex;
    for (std::uint32_t left = 5 + history.below(60); left > 0; --left) {
      const Bytes update = history.next();
      ASSERT_TRUE(indexed.prepare_within(update, 100));
      ASSERT_TRUE(scanned.prepare_within(update, 100));
      ASSERT_TRUE(indexed.apply_update(update));
      ASSERT_TRUE(scanned.apply_update(update));
      ASSERT_EQ(list_of(indexed, history.keyed()), list_of(scanned, history.keyed()));
    }
    const Bytes whole = scanned.encode_state_as_update();
    ASSERT_EQ(indexed.encode_state_as_update(), whole);
    // Loading at once links items in the same way.
    Doc loaded({.client_id = 1'000'001});
    Doc loaded_scanned({.client_id = 1'000'001});
    loaded.engine().scan_limits = kAlwaysIndex;
    loaded_scanned.engine().scan_limits = kNoIndex;
    ASSERT_TRUE(loaded.apply_update(whole));
    ASSERT_TRUE(loaded_scanned.apply_update(whole));
    ASSERT_EQ(list_of(loaded, history.keyed()), list_of(loaded_scanned, history.keyed()));
  }
}

// Two replicas that use one client id can bring runs of several units under a key. Whatever the order
// of the structs and the cuts between them: all units but the last are deleted.
TEST(KeyedRuns, OnlyTheLastUnitOfAKeyStays) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    HostileHistory history(seed, HostileHistory::Kind::kRunsUnderKey);
    Doc edited({.client_id = 1'000'001});
    for (std::uint32_t left = 5 + history.below(30); left > 0; --left) {
      ASSERT_TRUE(edited.apply_update(history.next()));
      ASSERT_TRUE(edited.engine().store.check());
      Doc loaded({.client_id = 1'000'001});
      ASSERT_TRUE(loaded.apply_update(edited.encode_state_as_update()));
      ASSERT_TRUE(loaded.engine().store.check());
      ASSERT_EQ(list_of(loaded, true), list_of(edited, true));
      ASSERT_EQ(deletes_of(loaded), deletes_of(edited));
    }
  }
}

std::size_t memory_after(const Attack& attack, ScanLimits limits) {
  return attacked(attack, limits).memory_bytes();
}

// Few concurrent insertions make no index, and honest writing makes none either.
TEST(ConflictIndex, OrdinaryDocumentsHaveNone) {
  const Attack few = hostile::one_origin(60);
  EXPECT_EQ(memory_after(few, {}), memory_after(few, kNoIndex));
  const Attack many = hostile::one_origin(1000);
  EXPECT_GT(memory_after(many, {}), memory_after(many, kNoIndex));
}

TEST(ConflictIndex, IsDroppedWhenADocumentWasLoaded) {
  const Attack attack = hostile::many_right_origins(1000);
  Doc doc = attacked(attack);
  const Attack whole{{}, {doc.encode_state_as_update()}};
  EXPECT_EQ(memory_after(whole, {}), memory_after(whole, kNoIndex));
}

TEST(ConflictIndex, IsDroppedWhenNothingAsksForIt) {
  const Attack attack = hostile::one_origin(1000);
  const std::size_t without = memory_after(attack, kNoIndex);
  Doc doc = attacked(attack);
  const std::size_t with = doc.memory_bytes();
  ASSERT_GT(with, without + 100'000);
  // Each at the end, directly behind what is there.
  Text text = doc.text("r");
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(text.insert(text.length(), "x"));
    ASSERT_TRUE(text.insert(0, "y"));
  }
  EXPECT_LT(doc.memory_bytes(), with + 3000 * 100);
}

TEST(ConflictIndex, GoesWithItsType) {
  Doc doc({.client_id = 1'000'007});
  Array outer = doc.array("outer");
  const Text text = as<Text>(*outer.insert_type(0, TypeKind::kText));
  const Id holder{1'000'007, 0};
  UpdateBuilder builder;
  for (const std::uint32_t i : hostile::shuffled(1000)) {
    Block& block = hostile::with_text(builder.add(2 + i, 0), "x");
    block.parent_kind = ParentKind::kItem;
    block.parent_id = holder;
    ASSERT_TRUE(doc.apply_update(builder.take()));
  }
  ASSERT_EQ(text.length(), 1000u);
  const std::size_t with = doc.memory_bytes();
  ASSERT_TRUE(outer.erase(0));
  EXPECT_LT(doc.memory_bytes(), with - 150'000);
  const Result<void> sound = doc.check();
  EXPECT_TRUE(sound) << (sound ? "" : sound.error().message);
}

// ---- other mends

// Several subdocuments under one guid: each removal takes the first of them.
TEST(HostileSubdocuments, EachRemovalTakesTheFirstOfItsGuid) {
  UpdateBuilder builder;
  const auto add = [&](Clock clock, std::string_view guid) {
    Block& block = hostile::in_root(builder.add(2, clock));
    block.kind = BlockKind::kDoc;
    block.name = guid;
    block.payload = hostile::kTrue;
  };
  Doc doc({.client_id = 1'000'007});
  for (const auto& [clock, guid] : {std::pair{0u, "a"}, {1u, "b"}, {2u, "a"}, {3u, "c"}, {4u, "a"}})
    add(clock, guid);
  ASSERT_TRUE(doc.apply_update(builder.take()));
  ASSERT_EQ(doc.subdocs().size(), 5u);
  builder.deletes().add(2, 2, 1);
  builder.deletes().add(2, 4, 1);
  ASSERT_TRUE(doc.apply_update(builder.take()));
  std::string left;
  for (const Subdoc& subdoc : doc.subdocs()) left += subdoc.guid;
  EXPECT_EQ(left, "bca");
}

TEST(HostileSubdocuments, ThatCameAndWentAreNotReported) {
  Doc doc({.client_id = 1'000'007});
  std::size_t added = 0;
  std::size_t removed = 0;
  (void)doc.on_subdocs([&](const SubdocsEvent& event) {
    added += event.added.size();
    removed += event.removed.size();
  });
  ASSERT_TRUE(doc.text("t").insert(0, "x"));
  UpdateBuilder builder;
  for (Clock i = 0; i < 3; ++i) {
    Block& block = hostile::in_root(builder.add(2, i));
    block.kind = BlockKind::kDoc;
    block.name = "guid";
    block.payload = hostile::kTrue;
  }
  builder.deletes().add(2, 1, 1);
  ASSERT_TRUE(doc.apply_update(builder.take()));
  EXPECT_EQ(added, 2u);
  EXPECT_EQ(removed, 0u);
  EXPECT_EQ(doc.subdocs().size(), 2u);
}

// What waits for our own client is looked through again after our own edits.
TEST(HostileDeletions, ThatWaitForOurOwnEditsAreApplied) {
  Doc doc({.client_id = 7});
  UpdateBuilder builder;
  for (Clock i = 0; i < 3; ++i) builder.deletes().add(7, 2 * i, 1);
  ASSERT_TRUE(doc.apply_update(builder.take()));
  Text text = doc.text("r");
  ASSERT_TRUE(text.insert(0, "abcdef"));
  EXPECT_EQ(text.to_string(), "abcdef");
  hostile::with_text(hostile::in_root(builder.add(2, 0), "other"), "x");
  ASSERT_TRUE(doc.apply_update(builder.take()));
  EXPECT_EQ(text.to_string(), "bdf");
}

// ---- loading at once

// Two values of a key that nobody deleted. The first is replaced; the second stays.
TEST(HostileLoad, ValuesOfAKeyAreNotJoinedBeforeTheyAreDeleted) {
  UpdateBuilder builder;
  hostile::with_value(hostile::under_key(hostile::in_root(builder.add(2, 0)), "k"));
  hostile::with_value(hostile::behind(builder.add(2, 1), {2, 0}));
  Doc doc({.client_id = 1'000'007});
  ASSERT_TRUE(doc.apply_update(builder.take()));
  DeleteSet first;
  first.add(2, 0, 1);
  EXPECT_EQ(doc.delete_set(), first);
  EXPECT_TRUE(doc.map("r").get("k").has_value());
}

// A run that other structs of the update cut is in the list as a whole before they come.
TEST(HostileLoad, ThePartsOfARunAreLinkedTogether) {
  const Bytes update = test::from_hex(
      "0601c9e1360044a38a1f0008f09f9880f09f988101affa210044d0b616000364656601a38a1f0044080202626301"
      "d0b61600840103046768696a03080084010101610401017203646566c4d0b61603a38a1f01046768696a03010004"
      "010172016104010172026263840802016100");
  Doc loaded({.client_id = 1'000'007});
  ASSERT_TRUE(loaded.apply_update(update));
  Doc applied({.client_id = 1'000'007});
  applied.transact([&] { ASSERT_TRUE(applied.apply_update(update)); });
  EXPECT_EQ(list_of(loaded, false), list_of(applied, false));
  EXPECT_EQ(list_of(loaded, false).back(), (Id{8, 3}));
}

// Yjs cuts the run before the right origin, and inserts there.
TEST(HostileLoad, BothOriginsInOneRunInTheWrongOrder) {
  const auto update = [] {
    UpdateBuilder builder;
    hostile::with_text(hostile::in_root(builder.add(1, 0, 4)), "abcd");
    hostile::with_text(hostile::before(hostile::behind(builder.add(2, 0), {1, 2}), {1, 1}), "x");
    return builder.take();
  };
  Doc loaded({.client_id = 1'000'007});
  ASSERT_TRUE(loaded.apply_update(update()));
  EXPECT_EQ(loaded.text("r").to_string(), "axbcd");
  Doc applied({.client_id = 1'000'007});
  ASSERT_TRUE(applied.text("other").insert(0, "y"));
  ASSERT_TRUE(applied.apply_update(update()));
  EXPECT_EQ(applied.text("r").to_string(), "axbcd");
}

// With so many updates, a heap says which comes next.
TEST(HostileMerge, ManyUpdatesMergeAsTwoHalvesDo) {
  const Attack attack = hostile::interleaved(400);
  const std::vector<ByteView> views(attack.updates.begin(), attack.updates.end());
  const auto merged = [](std::span<const ByteView> some) {
    return merge_updates(some, UpdateVersion::kV1).value();
  };
  std::vector<Bytes> parts;
  for (std::size_t i = 0; i < views.size(); i += 20)
    parts.push_back(merged(std::span(views).subspan(i, 20)));
  const std::vector<ByteView> part_views(parts.begin(), parts.end());
  ASSERT_LT(part_views.size(), 64u);
  EXPECT_EQ(merged(views), merged(part_views));
}

// A loop asks for the memory of a document at each join and each diff.
TEST(HostileMemory, IsMeasuredWhereSomethingChanged) {
  constexpr std::uint32_t kClients = 20'000;
  Doc doc = attacked(hostile::many_clients(kClients));
  std::uint64_t& work = doc.engine().store.work;
  work = 0;
  const std::size_t before = doc.memory_bytes();
  EXPECT_GE(work, kClients) << "the first time, each client is looked at";
  const std::string text(10'000, 'y');
  UpdateBuilder builder;
  hostile::with_text(hostile::in_root(builder.add(1'000'000, 0, 10'000)), text);
  ASSERT_TRUE(doc.apply_update(builder.take()));
  work = 0;
  EXPECT_GE(doc.memory_bytes(), before + text.size());
  EXPECT_LE(work, 8U);
  EXPECT_TRUE(doc.engine().check());
}

}  // namespace
}  // namespace syncline::crdt
