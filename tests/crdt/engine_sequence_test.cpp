// The counted tree against a plain vector, and the id index against a map.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "crdt/id_index.h"
#include "crdt/sequence.h"

namespace syncline::crdt {
namespace {

// A sequence whose items are linked as the store links them; with formats under so many names.
class SequenceModel {
 public:
  explicit SequenceModel(unsigned seed, unsigned names = 0)
      : pool_(items_), random_(seed), names_(names) {}

  void step(bool growing) {
    const unsigned choice = draw(growing ? 8 : 12);
    if (order_.empty() || choice < 6) {
      insert(draw(static_cast<unsigned>(order_.size()) + 1));
    } else if (choice < 8) {
      set_length(draw(static_cast<unsigned>(order_.size())));
    } else {
      erase(draw(static_cast<unsigned>(order_.size())));
    }
    look_up();
    if (!order_.empty()) look_around();
  }

  // As after loading.
  void rebuild() {
    pool_.clear(sequence_);
    sequence_.first = order_.front();
    sequence_.last = order_.back();
    pool_.build(sequence_);
  }

  void check() { ASSERT_EQ(pool_.check(sequence_), ""); }
  std::size_t size() const { return order_.size(); }
  void erase_all() {
    while (!order_.empty()) erase(draw(static_cast<unsigned>(order_.size())));
  }
  void clear() {
    pool_.clear(sequence_);
    order_.clear();
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void insert(unsigned at) {
    const Handle item = items_.allocate();
    const Handle left = at == 0 ? kNoItem : order_[at - 1];
    const Handle right = at == order_.size() ? kNoItem : order_[at];
    items_[item].set_kind(BlockKind::kString);
    items_[item].len = 1 + draw(4);
    items_[item].deleted = draw(3) == 0;
    if (names_ > 0 && draw(3) == 0) {
      items_[item].set_kind(BlockKind::kFormat);
      items_[item].bytes = Item::format_bytes(draw(names_), draw(3) == 0);
    }
    items_[item].left = left;
    items_[item].right = right;
    if (left != kNoItem) items_[left].right = item;
    if (right != kNoItem) items_[right].left = item;
    pool_.insert(sequence_, left, item, items_[item].visible());
    order_.insert(order_.begin() + at, item);
  }

  void set_length(unsigned at) {
    Item& item = items_[order_[at]];
    if (item.kind() == BlockKind::kFormat) {
      erase_format(order_[at]);
      return;
    }
    item.len = 1 + draw(9);
    item.deleted = draw(2) == 0;
    pool_.resize(sequence_, order_[at], item.visible());
  }

  void erase_format(Handle item) {
    if (items_[item].deleted) return;
    items_[item].deleted = true;
    pool_.drop_format(sequence_, item);
  }

  void erase(unsigned at) {
    const Handle item = order_[at];
    if (items_[item].kind() == BlockKind::kFormat) erase_format(item);
    pool_.erase(sequence_, item);
    const Handle left = items_[item].left;
    const Handle right = items_[item].right;
    if (left != kNoItem) items_[left].right = right;
    if (right != kNoItem) items_[right].left = left;
    items_.free(item);
    order_.erase(order_.begin() + at);
  }

  void look_up() {
    std::uint32_t length = 0;
    for (const Handle item : order_) length += items_[item].visible();
    ASSERT_EQ(sequence_.length, length);
    if (order_.empty()) return;
    const Handle item = order_[draw(static_cast<unsigned>(order_.size()))];
    std::uint32_t before = 0;
    for (const Handle other : order_) {
      if (other == item) break;
      before += items_[other].visible();
    }
    ASSERT_EQ(pool_.position(sequence_, item), before);
    if (items_[item].visible() == 0) return;
    const std::uint32_t offset = draw(items_[item].visible());
    const SequencePool::Place place = pool_.find(sequence_, before + offset);
    ASSERT_EQ(place.item, item);
    ASSERT_EQ(place.offset, offset);
  }

  // The searches for what is not deleted, and for formats, from a place and on from what they find.
  void look_around() {
    const auto size = static_cast<int>(order_.size());
    const int at = static_cast<int>(draw(static_cast<unsigned>(size)));
    const auto item = [&](int i) -> const Item& { return items_[order_[i]]; };
    const auto handle = [&](int i) { return i < 0 || i >= size ? kNoItem : order_[i]; };
    int live = at;
    while (live < size && item(live).deleted) ++live;
    ASSERT_EQ(pool_.live_from(sequence_, order_[at]), handle(live));
    live = at - 1;
    while (live >= 0 && item(live).deleted) --live;
    ASSERT_EQ(pool_.live_before(sequence_, order_[at]), handle(live));
    const int other = static_cast<int>(draw(static_cast<unsigned>(size)));
    ASSERT_EQ(pool_.order(sequence_, order_[at]) < pool_.order(sequence_, order_[other]),
              at < other);
    if (names_ == 0) return;

    FormatMarks wanted = pool_.format_names().marks(draw(names_));
    if (draw(3) == 0) wanted.sets = 0;
    const auto found = [&](int i) {
      return item(i).is_live_format() && pool_.format_names().mark(item(i)).meets(wanted);
    };
    SequencePool::Spot spot = pool_.before(sequence_, order_[at]);
    for (int i = at, n = 0; i >= 0 && n < 3; ++n) {
      for (--i; i >= 0 && !found(i);) --i;
      ASSERT_EQ(pool_.previous_format(sequence_, spot, wanted), handle(i));
    }
    spot = pool_.behind(sequence_, order_[at]);
    for (int i = at, n = 0; i < size && n < 3; ++n) {
      for (++i; i < size && !found(i);) ++i;
      ASSERT_EQ(pool_.next_format(sequence_, spot, wanted), handle(i));
    }
  }

  ItemArena items_;
  SequencePool pool_;
  Sequence sequence_;
  std::vector<Handle> order_;
  std::mt19937 random_;
  unsigned names_;
};

// A hundred names are more than there are marks for.
TEST(Sequence, FindsFormatsAndWhatIsNotDeleted) {
  unsigned seed = 1;
  for (const unsigned names : {1u, 3u, 40u, 100u}) {
    SequenceModel model(seed++, names);
    for (int i = 0; i < 6000; ++i) {
      model.step(i % 3000 < 2200);
      if (HasFatalFailure()) FAIL() << names << " names, step " << i;
      if (i % 100 == 0) model.check();
      if (i % 1000 == 999) model.rebuild();
    }
    model.check();
    model.erase_all();
    model.check();
  }
}

TEST(Sequence, MatchesAVector) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SequenceModel model(seed);
    for (int i = 0; i < 3000; ++i) {
      model.step(i % 1500 < 1000);
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
      if (i % 100 == 0) model.check();
    }
    model.check();
    model.erase_all();
    model.check();
    for (int i = 0; i < 200; ++i) model.step(true);
    model.check();
    model.clear();
    model.check();
  }
}

TEST(IdIndex, MatchesAMap) {
  std::mt19937 random(7);
  IdIndex index;
  std::map<Clock, Handle> model;
  Clock end = 0;
  const auto place_of = [&](Clock clock) { return std::prev(model.upper_bound(clock)); };
  for (Handle next = 1; next < 6000; ++next) {
    const unsigned choice = static_cast<unsigned>(random() % 10);
    if (model.empty() || choice < 5) {
      index.append(end, next);
      model[end] = next;
      end += 2 + static_cast<Clock>(random() % 5);
    } else {
      const auto clock = static_cast<Clock>(random() % end);
      const auto expected = place_of(clock);
      const IdIndex::Position p = index.locate(clock);
      ASSERT_EQ(index.at(p), expected->second);
      ASSERT_EQ(index.clock_at(p), expected->first);
      if (choice < 7 && clock > expected->first) {
        const IdIndex::Position added = index.insert_after(p, clock, next);
        ASSERT_EQ(index.at(added), next);
        model[clock] = next;
      } else if (choice < 9 && !index.is_first(p)) {
        const Handle before = std::prev(expected)->second;
        model.erase(expected);
        ASSERT_EQ(index.at(index.erase(p)), before);
      }
    }
    ASSERT_EQ(index.size(), model.size());
    const auto [clock, newest, left] = index.newest();
    ASSERT_EQ(clock, model.rbegin()->first);
    ASSERT_EQ(newest, model.rbegin()->second);
    ASSERT_EQ(left, model.size() == 1 ? kNoItem : std::next(model.rbegin())->second);
  }
  ASSERT_EQ(index.count_from(index.first()), model.size());
  auto expected = model.begin();
  for (IdIndex::Position p = index.first();; p = index.next(p), ++expected) {
    ASSERT_EQ(index.at(p), expected->second);
    if (!index.is_first(p)) {
      ASSERT_EQ(index.at(index.prev(p)), std::prev(expected)->second);
    }
    if (index.is_last(p)) break;
  }
  ASSERT_EQ(std::next(expected), model.end());
}

}  // namespace
}  // namespace syncline::crdt
