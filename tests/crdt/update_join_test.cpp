#include "crdt/update_join.h"

#include <gtest/gtest.h>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "crdt/small_update.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

// A replica that collects its updates.
class JoinWriter {
 public:
  explicit JoinWriter(ClientId client) : doc_({.client_id = client}), text_(doc_.text("t")) {
    (void)doc_.on_update([this](const UpdateEvent& event) {
      if (event.local()) updates_.push_back(to_bytes(event.update()));
    });
  }

  Doc& doc() { return doc_; }
  Text& text() { return text_; }
  std::vector<Bytes>& updates() { return updates_; }

 private:
  Doc doc_;
  Text text_;
  std::vector<Bytes> updates_;
};

std::vector<ByteView> views_of(std::span<const Bytes> updates) {
  return {updates.begin(), updates.end()};
}

TEST(JoinUpdates, WhatWasTypedInARowIsOneText) {
  JoinWriter ann(1);
  ASSERT_TRUE(ann.text().insert(0, "<>"));
  ann.updates().clear();
  for (const char* typed : {"a", "ä", "😀", "b"})
    ASSERT_TRUE(ann.text().insert(ann.text().length() - 1, typed));
  const auto joined = join_updates(views_of(ann.updates()));
  ASSERT_TRUE(joined);
  SmallUpdate small;
  ASSERT_TRUE(read_small_update(*joined, small));
  EXPECT_EQ(as_text(small.block.payload), "aä😀b");
  EXPECT_EQ(small.block.len, 5u);
}

TEST(JoinUpdates, ALongTextIsOne) {
  JoinWriter ann(1);
  ASSERT_TRUE(ann.text().insert(0, "x"));
  ann.updates().clear();
  for (int i = 0; i < 256; ++i) ASSERT_TRUE(ann.text().insert(ann.text().length(), "y"));
  const auto joined = join_updates(views_of(ann.updates()));
  ASSERT_TRUE(joined);
  EXPECT_LT(joined->size(), 256u + 20u);
  Doc reader({.client_id = 9});
  ASSERT_TRUE(reader.apply_update(*joined));
}

TEST(JoinUpdates, WhatWasDeletedInARowIsOneRange) {
  for (const bool backwards : {true, false}) {
    JoinWriter ann(1);
    ASSERT_TRUE(ann.text().insert(0, "0123456789"));
    ann.updates().clear();
    for (std::uint32_t i = 0; i < 5; ++i) ASSERT_TRUE(ann.text().erase(backwards ? 7 - i : 2, 1));
    const auto joined = join_updates(views_of(ann.updates()));
    ASSERT_TRUE(joined);
    SmallUpdate small;
    ASSERT_TRUE(read_small_update(*joined, small));
    EXPECT_EQ(small.deleted, (ClockRange{backwards ? 3u : 2u, 5}));
  }
}

TEST(JoinUpdates, AnythingElseIsMerged) {
  JoinWriter ann(1);
  ASSERT_TRUE(ann.text().insert(0, "abc"));
  ASSERT_TRUE(ann.text().insert(1, "x"));
  ASSERT_TRUE(ann.text().erase(0, 1));
  const auto views = views_of(ann.updates());
  EXPECT_EQ(join_updates(views).value(), merge_updates(views, UpdateVersion::kV1).value());
}

TEST(JoinUpdates, ABadUpdateIsRefused) {
  JoinWriter ann(1);
  ASSERT_TRUE(ann.text().insert(0, "a"));
  ASSERT_TRUE(ann.text().insert(1, "b"));
  ann.updates().push_back({1, 2, 3});
  for (const std::size_t first : {0u, 1u})
    EXPECT_FALSE(join_updates(views_of(std::span(ann.updates()).subspan(first))));
}

// Two writers edit at the same time and get each other's updates in batches, joined or one by one.
TEST(JoinUpdates, TheResultIsThatOfTheUpdatesOneByOne) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    JoinWriter writers[2] = {JoinWriter(7), JoinWriter(3)};
    Doc one_by_one({.client_id = 100});
    Doc joined({.client_id = 101});
    std::uint32_t at = 0;
    for (int round = 0; round < 40; ++round) {
      for (JoinWriter& writer : writers) {
        Text& text = writer.text();
        if (dice() % 3 == 0) at = dice() % (text.length() + 1);
        const bool erases = dice() % 3 == 0;
        for (unsigned edits = 1 + dice() % 8; edits > 0; --edits) {
          at = std::min(at, text.length());
          if (erases && at > 0) {
            ASSERT_TRUE(text.erase(--at, 1));
          } else {
            ASSERT_TRUE(text.insert(at++, std::string(1, static_cast<char>('a' + dice() % 26))));
          }
          if (dice() % 10 == 0) at = dice() % (text.length() + 1);
        }
      }
      std::vector<Bytes> batches[2] = {std::exchange(writers[0].updates(), {}),
                                       std::exchange(writers[1].updates(), {})};
      for (const auto& batch : batches) {
        for (const Bytes& update : batch) ASSERT_TRUE(one_by_one.apply_update(update));
        const auto update = join_updates(views_of(batch));
        ASSERT_TRUE(update);
        ASSERT_TRUE(joined.apply_update(*update));
        ASSERT_EQ(joined.encode_state_as_update(), one_by_one.encode_state_as_update());
      }
      if (dice() % 2 == 0) continue;
      for (int i : {0, 1}) {
        const auto update = join_updates(views_of(batches[1 - i]));
        ASSERT_TRUE(update);
        ASSERT_TRUE(writers[i].doc().apply_update(*update));
      }
    }
  }
}

}  // namespace
}  // namespace syncline::crdt
