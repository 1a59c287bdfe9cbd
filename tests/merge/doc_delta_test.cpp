// A snapshot of a marked state and the delta since, put together, are the snapshot of the state: after
// any history, whatever was deleted, waits, or came before what it needs.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <utility>

#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Doc;
using crdt::TypeKind;

// People who edit, and a network that now and then holds back what they send.
class People {
 public:
  explicit People(unsigned seed) : dice_(seed) {
    const std::size_t count = 1 + seed % 4;
    for (std::size_t i = 0; i < count; ++i) {
      docs_.emplace_back(crdt::DocOptions{.client_id = 50 + (i * 7 + seed) % 20});
      docs_.back().on_update([this](const crdt::UpdateEvent& event) {
        if (event.local()) sent_.push_back(to_bytes(event.update()));
      });
    }
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(dice_() % limit); }

  // Edits until something is to be delivered.
  Bytes next() {
    while (sent_.empty() || (sent_.size() < 6 && below(2) == 0)) {
      Doc& doc = docs_[below(static_cast<std::uint32_t>(docs_.size()))];
      doc.transact([&] {
        for (std::uint32_t i = 0; i <= below(3); ++i) edit(doc);
      });
      Doc& other = docs_[below(static_cast<std::uint32_t>(docs_.size()))];
      if (&other != &doc && below(5) == 0) {
        EXPECT_TRUE(other.apply_update(doc.encode_state_as_update(other.state_vector())));
      }
    }
    const std::size_t at = below(3) == 0 ? below(static_cast<std::uint32_t>(sent_.size())) : 0;
    Bytes update = std::move(sent_[at]);
    sent_.erase(sent_.begin() + static_cast<std::ptrdiff_t>(at));
    return update;
  }

 private:
  void edit(Doc& doc) {
    switch (below(6)) {
      case 0: return edit_map(doc.map("board"), 0);
      case 1: return edit_array(doc.array("list"));
      case 2: return edit_xml(doc.xml_fragment("page"));
      default: return edit_text(doc.text("content"));
    }
  }

  std::string word() {
    static const char* const kWords[] = {"a", "some words", "\xC3\xA4", "x\xF0\x9F\x98\x80y"};
    return kWords[below(4)];
  }

  void edit_text(crdt::Text text) {
    const std::uint32_t length = text.length();
    const std::uint32_t at = below(length + 1);
    const std::uint32_t rest = std::min(length - at, 1 + below(12));
    if (rest > 0 && below(3) == 0)
      EXPECT_TRUE(text.erase(at, rest));
    else if (rest > 0 && below(5) == 0)
      EXPECT_TRUE(text.format(at, rest, {{"bold", below(2) == 0 ? Any(true) : Any(Any::Null{})}}));
    else if (below(20) == 0)
      EXPECT_TRUE(text.insert_embed(at, Any(Any::Object{{"image", Any("x")}})));
    else
      EXPECT_TRUE(text.insert(at, word()));
  }

  void edit_map(crdt::Map map, int depth) {
    const std::string key(1, static_cast<char>('k' + below(3)));
    const auto value = map.get(key);
    const auto* inner = value ? std::get_if<crdt::Type>(&*value) : nullptr;
    if (inner != nullptr && inner->kind() == TypeKind::kMap && below(3) > 0)
      return edit_map(crdt::as<crdt::Map>(*inner), depth + 1);
    switch (below(4)) {
      case 0: EXPECT_TRUE(map.erase(key)); return;
      case 1: {
        if (depth > 3) return;
        const auto made = map.set_type(key, below(2) == 0 ? TypeKind::kMap : TypeKind::kText);
        ASSERT_TRUE(made);
        if (made->kind() == TypeKind::kText) return edit_text(crdt::as<crdt::Text>(*made));
        return edit_map(crdt::as<crdt::Map>(*made), depth + 1);
      }
      default: EXPECT_TRUE(map.set(key, Any(static_cast<double>(below(100)))));
    }
  }

  void edit_array(crdt::Array array) {
    const std::uint32_t length = array.length();
    const std::uint32_t at = below(length + 1);
    if (at < length && below(3) == 0) {
      EXPECT_TRUE(array.erase(at, std::min(length - at, 1 + below(3))));
    } else if (below(3) == 0) {
      const auto made = array.insert_type(at, TypeKind::kText);
      ASSERT_TRUE(made);
      edit_text(crdt::as<crdt::Text>(*made));
    } else {
      EXPECT_TRUE(array.insert(at, {Any(word()), Any(1.5)}));
    }
  }

  void edit_xml(crdt::XmlFragment page) {
    const std::uint32_t length = page.length();
    const std::uint32_t at = below(length + 1);
    if (at < length && below(3) == 0) {
      EXPECT_TRUE(page.erase(at));
    } else {
      const auto made = page.insert_element(at, "p");
      ASSERT_TRUE(made);
      crdt::XmlElement element = *made;
      EXPECT_TRUE(element.set_attribute("class", Any("wide")));
      EXPECT_TRUE(element.push_text());
    }
  }

  std::mt19937 dice_;
  std::deque<Doc> docs_;
  std::deque<Bytes> sent_;
};

std::unique_ptr<Object> restored(ByteView whole, ByteView delta) {
  auto object = doc_type().restore(whole);
  EXPECT_TRUE(object);
  mark(*(*object));
  EXPECT_TRUE(extend(*(*object), delta));
  return std::move(*object);
}

TEST(DocDelta, ASnapshotAndItsDeltaAreTheSnapshotOfTheState) {
  int waited = 0;
  for (unsigned seed = 1; seed <= 250; ++seed) {
    SCOPED_TRACE(seed);
    People people(seed);
    auto object = doc_type().create();
    Bytes base;
    for (int step = 0; step < 120; ++step) {
      if (step == 0 || people.below(25) == 0) {
        base = object->snapshot();
        mark(*object);
      }
      const Bytes intent = people.next();
      waited += object->prepare(intent)->waits() ? 1 : 0;
      ASSERT_TRUE(object->apply(intent));
      if (people.below(6) > 0) continue;
      const auto delta = delta_since_mark(*object);
      ASSERT_TRUE(delta);
      auto again = restored(base, *delta);
      const auto whole = doc_type().restore(object->snapshot());
      ASSERT_TRUE(whole);
      ASSERT_EQ(again->snapshot(), (*whole)->snapshot()) << "step " << step;
      // Roots stand in the order in which they came up.
      ASSERT_EQ(crdt::from_json(again->to_json()).value(),
                crdt::from_json(object->to_json()).value());
      // What was loaded so goes on as if it had never been away.
      if (people.below(2) == 0) object = std::move(again);
    }
  }
  EXPECT_GT(waited, 500);
}

TEST(DocDelta, HoldsWhatChangedAndNotTheDocument) {
  Doc doc({.client_id = 1});
  crdt::Text text = doc.text("content");
  auto object = doc_type().create();
  EXPECT_FALSE(delta_since_mark(*object).has_value());
  doc.on_update(
      [&](const crdt::UpdateEvent& event) { ASSERT_TRUE(object->apply(event.update())); });
  std::mt19937 dice(3);
  // Many pieces, a third of them deleted: the whole set of these must not be in what follows.
  for (int i = 0; i < 6000; ++i) {
    const std::uint32_t at = static_cast<std::uint32_t>(dice() % (text.length() + 1));
    if (i % 3 == 2 && at + 4 < text.length())
      ASSERT_TRUE(text.erase(at, 4));
    else
      ASSERT_TRUE(text.insert(at, "some words"));
  }
  const Bytes base = object->snapshot();
  mark(*object);
  const std::size_t before = object->memory_bytes();
  EXPECT_LT(delta_since_mark(*object)->size(), 20u);
  for (std::uint32_t i = 0; i < 40; ++i) ASSERT_TRUE(text.insert(1000 + i, "x"));
  ASSERT_TRUE(text.erase(500, 30));
  const Bytes delta = *delta_since_mark(*object);
  EXPECT_LT(delta.size(), 250u);
  EXPECT_GT(base.size(), 20'000u);
  EXPECT_GT(object->memory_bytes(), before);
  EXPECT_EQ(restored(base, delta)->to_json(), object->to_json());
}

TEST(DocDelta, AHostileDeltaIsRefused) {
  auto object = doc_type().create();
  EXPECT_FALSE(extend(*object, as_bytes("\x01\x02no delta")));
}

}  // namespace
}  // namespace syncline::merge
