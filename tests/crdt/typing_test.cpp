// The short ways of typing, of small updates and of a transaction's end, against the long ones:
// a document that is observed has no short ways of editing, and version 2 none of reading and
// writing. All must come to the same bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "crdt/small_update.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

struct Sent {
  Bytes v1;
  Bytes v2;
};

// The same edits in a document that takes the short ways and in one that cannot.
class Writer {
 public:
  explicit Writer(ClientId client)
      : quick_({.client_id = client}), observed_({.client_id = client}) {
    (void)observed_.on_transaction([](const TransactionEvent&) {});
    (void)quick_.on_update([this](const UpdateEvent& event) {
      quick_update_ = to_bytes(event.update());
      if (event.local()) sent_.push_back({quick_update_, to_bytes(event.update_v2())});
    });
    (void)observed_.on_update(
        [this](const UpdateEvent& event) { observed_update_ = to_bytes(event.update()); });
  }

  Doc& quick() { return quick_; }
  std::deque<Sent>& sent() { return sent_; }

  template <typename Edit>
  void edit(const Edit& edit) {
    quick_update_.clear();
    observed_update_.clear();
    for (Doc* doc : {&quick_, &observed_}) doc->transact([&] { edit(*doc, doc->text("t")); });
    expect_equal();
    if (quick_update_.empty()) return;
    const Result<Bytes> converted =
        convert_update(sent_.back().v2, UpdateVersion::kV2, UpdateVersion::kV1);
    ASSERT_TRUE(converted);
    ASSERT_EQ(*converted, quick_update_);
  }

  void receive(const Sent& update) {
    quick_update_.clear();
    observed_update_.clear();
    const Result<ApplyResult> quick = quick_.apply_update(update.v1);
    const Result<ApplyResult> observed = observed_.apply_update(update.v2, UpdateVersion::kV2);
    ASSERT_TRUE(quick && observed);
    ASSERT_EQ(quick->changed, observed->changed);
    ASSERT_EQ(quick->waiting, observed->waiting);
    expect_equal();
  }

  void expect_equal() {
    ASSERT_EQ(quick_update_, observed_update_);
    ASSERT_EQ(quick_.encode_state_as_update(), observed_.encode_state_as_update());
  }

 private:
  Doc quick_;
  Doc observed_;
  Bytes quick_update_;
  Bytes observed_update_;
  std::deque<Sent> sent_;
};

// Types and deletes at a cursor that jumps now and then.
class Typist {
 public:
  Typist(unsigned seed, bool formats) : random_(seed), formats_(formats) {}

  void step(Writer& writer) {
    static const char* const kTexts[] = {"a", "b", " ", "xyz", "ö", "😀", ""};
    const std::uint32_t length = writer.quick().text("t").length();
    if (random_() % 12 == 0) at_ = random_() % (length + 1);
    at_ = std::min(at_, length);
    const unsigned kind = random_() % 16;
    const unsigned times = random_() % 8 == 0 ? 1 + random_() % 4 : 1;
    const std::string text = kTexts[random_() % std::size(kTexts)];
    writer.edit([&](Doc&, Text t) {
      std::uint32_t at = at_;
      for (unsigned i = 0; i < times; ++i) {
        if (kind < 10) {
          const std::uint32_t before = t.length();
          ASSERT_TRUE(t.insert(at, text));
          at += t.length() - before;
        } else if (kind < 13 && at > 0) {
          ASSERT_TRUE(t.erase(--at, 1));
        } else if (kind < 15 && at < t.length()) {
          ASSERT_TRUE(t.erase(at, 1));
        } else if (formats_ && at + 3 <= t.length()) {
          ASSERT_TRUE(t.format(at, 3, {{"b", Any(i % 2 == 0)}}));
        }
      }
      moved_to_ = at;
    });
    at_ = moved_to_;
  }

 private:
  std::mt19937 random_;
  bool formats_;
  std::uint32_t at_ = 0;
  std::uint32_t moved_to_ = 0;
};

void type_together(unsigned seed, bool formats) {
  std::mt19937 random(seed);
  Writer writers[] = {Writer(1), Writer(2)};
  Typist typists[] = {{seed * 2, formats}, {seed * 2 + 1, formats}};
  for (int step = 0; step < 400; ++step) {
    const unsigned who = random() % 2;
    typists[who].step(writers[who]);
    if (testing::Test::HasFatalFailure()) return;
    while (random() % 3 == 0) {
      const unsigned to = random() % 2;
      std::deque<Sent>& sent = writers[1 - to].sent();
      if (sent.empty()) break;
      // Some come early, and wait for those before them; some come twice.
      const std::size_t which = random() % 10 == 0 ? random() % sent.size() : 0;
      writers[to].receive(sent[which]);
      if (testing::Test::HasFatalFailure()) return;
      if (random() % 10 != 0) sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  for (unsigned to = 0; to < 2; ++to)
    for (const Sent& update : writers[1 - to].sent()) writers[to].receive(update);
  for (Writer& writer : writers) EXPECT_TRUE(writer.quick().check());
  if (!formats) {
    EXPECT_EQ(writers[0].quick().text("t").to_string(), writers[1].quick().text("t").to_string());
  }
}

TEST(Typing, IsEditingTheLongWay) {
  for (unsigned seed = 1; seed <= 40 && !testing::Test::HasFatalFailure(); ++seed)
    type_together(seed, false);
}

TEST(Typing, IsEditingTheLongWayAmongFormats) {
  for (unsigned seed = 1; seed <= 20 && !testing::Test::HasFatalFailure(); ++seed)
    type_together(seed, true);
}

TEST(Typing, InTheTextOfAMap) {
  Doc doc({.client_id = 1});
  Doc other({.client_id = 2});
  (void)doc.on_update(
      [&](const UpdateEvent& event) { ASSERT_TRUE(other.apply_update(event.update())); });
  const Result<Type> made = doc.map("m").set_type("text", TypeKind::kText);
  ASSERT_TRUE(made);
  Text text = as<Text>(*made);
  for (std::uint32_t i = 0; i < 50; ++i) ASSERT_TRUE(text.insert(i, "x"));
  for (std::uint32_t i = 50; i > 20; --i) ASSERT_TRUE(text.erase(i - 1, 1));
  EXPECT_EQ(other.to_json(), doc.to_json());
  EXPECT_EQ(other.encode_state_as_update(), doc.encode_state_as_update());
  ASSERT_TRUE(doc.map("m").erase("text"));
  EXPECT_FALSE(text.insert(20, "y"));
  EXPECT_FALSE(text.erase(0, 1));
}

TEST(Typing, RefusesWhatTheLongWayRefuses) {
  Doc doc({.client_id = 1});
  Text text = doc.text("t");
  ASSERT_TRUE(text.insert(0, "ab"));
  EXPECT_FALSE(text.insert(2, "\xff"));
  EXPECT_FALSE(text.insert(2, "\xf0\x9f\x98"));
  EXPECT_FALSE(text.insert(3, "c"));
  EXPECT_FALSE(text.erase(2, 1));
  EXPECT_FALSE(text.erase(0, 3));
  EXPECT_FALSE(text.erase(0xffffffff, 2));
  EXPECT_TRUE(text.erase(2, 0));
  EXPECT_EQ(text.to_string(), "ab");
}

// An observer of updates edits while the transaction that it is told of is being committed.
TEST(Typing, FromAnObserver) {
  Doc doc({.client_id = 1});
  Doc other({.client_id = 2});
  Text text = doc.text("t");
  const Doc::Token token = doc.on_update([&](const UpdateEvent& event) {
    ASSERT_TRUE(other.apply_update(event.update()));
    const std::uint32_t length = text.length();
    if (length % 4 != 0) {
      ASSERT_TRUE(text.insert(length, "-"));
    }
  });
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(text.insert(text.length(), "x"));
  doc.off(token);
  EXPECT_EQ(text.to_string().size(), 40U);
  EXPECT_EQ(other.encode_state_as_update(), doc.encode_state_as_update());
}

TEST(Typing, AnObserverMayRemoveItselfAndOthers) {
  Doc doc({.client_id = 1});
  int calls = 0;
  Doc::Token second = 0;
  Doc::Token first = 0;
  first = doc.on_update([&](const UpdateEvent& event) {
    ++calls;
    doc.off(second);
    doc.off(first);
    EXPECT_FALSE(event.update().empty());
  });
  second = doc.on_update([&, held = std::string(100, 'x')](const UpdateEvent&) {
    ++calls;
    doc.off(first);
    doc.off(second);
    EXPECT_EQ(held.size(), 100U);
  });
  ASSERT_TRUE(doc.text("t").insert(0, "a"));
  ASSERT_TRUE(doc.text("t").insert(1, "b"));
  EXPECT_EQ(calls, 1);
}

// What the short reader takes, the decoder takes too and reads the same; damage is left to it.
TEST(SmallUpdate, ReadsAsTheDecoderDoes) {
  std::mt19937 random(7);
  std::vector<Bytes> updates;
  Doc doc({.client_id = 300});
  (void)doc.on_update(
      [&](const UpdateEvent& event) { updates.push_back(to_bytes(event.update())); });
  Text text = doc.text("t");
  for (int i = 0; i < 300; ++i) {
    const std::uint32_t length = text.length();
    if (random() % 3 == 0 && length > 0) {
      ASSERT_TRUE(text.erase(random() % length, 1));
    } else {
      ASSERT_TRUE(text.insert(random() % (length + 1), random() % 2 == 0 ? "ab" : "é"));
    }
  }
  std::size_t taken = 0;
  for (const Bytes& whole : updates) {
    for (int i = 0; i < 40; ++i) {
      Bytes bytes = whole;
      if (i > 0) bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
      if (i > 20) bytes.resize(random() % (bytes.size() + 1));
      SmallUpdate small;
      if (!read_small_update(bytes, small)) continue;
      ++taken;
      DecodedUpdate decoded;
      ASSERT_TRUE(decode_update(bytes, UpdateVersion::kV1, decoded));
      if (small.deleted.len > 0) {
        ASSERT_TRUE(decoded.blocks.empty());
        DeleteSet deletes;
        deletes.add(small.block.client, small.deleted.clock, small.deleted.len);
        ASSERT_EQ(decoded.deletes, deletes);
      } else {
        ASSERT_EQ(decoded.blocks.size(), 1U);
        const Block& block = decoded.blocks.front();
        EXPECT_EQ(block.kind, small.block.kind);
        EXPECT_EQ(block.id(), small.block.id());
        EXPECT_EQ(block.len, small.block.len);
        EXPECT_EQ(block.has_origin, small.block.has_origin);
        EXPECT_EQ(block.has_right_origin, small.block.has_right_origin);
        EXPECT_EQ(block.origin, small.block.origin);
        EXPECT_EQ(block.right_origin, small.block.right_origin);
        EXPECT_EQ(as_text(block.payload), as_text(small.block.payload));
      }
    }
  }
  EXPECT_GT(taken, 300U);
}

}  // namespace
}  // namespace syncline::crdt
