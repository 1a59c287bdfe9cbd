#include "crdt/short_list_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::crdt {
namespace {

// A list of names with its index.
struct IndexedNames {
  std::uint32_t size() const { return static_cast<std::uint32_t>(names.size()); }
  auto at() const {
    return [this](std::uint32_t place) { return std::string_view(*names[place]); };
  }
  void add(const std::string& name) {
    names.push_back(std::make_unique<std::string>(name));
    index.added(size(), at());
  }
  void remove_last() {
    index.removed(*names.back());
    names.pop_back();
  }
  std::uint32_t find(std::string_view name) const { return index.find(name, size(), at()); }

  std::vector<std::unique_ptr<std::string>> names;
  ShortListIndex<std::string_view> index;
};

TEST(ShortListIndex, FindsTheSameInShortAndInLongLists) {
  constexpr auto kNone = ShortListIndex<std::string_view>::kNone;
  IndexedNames list;
  EXPECT_EQ(list.find("0"), kNone);
  for (std::uint32_t count = 1; count <= 30; ++count) {
    list.add(std::to_string(count - 1));
    for (std::uint32_t i = 0; i < 30; ++i)
      EXPECT_EQ(list.find(std::to_string(i)), i < count ? i : kNone) << count;
  }
  for (std::uint32_t count = 29; count > 0; --count) {
    list.remove_last();
    for (std::uint32_t i = 0; i < 30; ++i)
      EXPECT_EQ(list.find(std::to_string(i)), i < count ? i : kNone) << count;
  }
  list.remove_last();
  list.add("again");
  EXPECT_EQ(list.find("again"), 0u);
}

TEST(ShortListIndex, AShortListHasNoTable) {
  IndexedNames list;
  for (int i = 0; i < 8; ++i) list.add(std::to_string(i));
  EXPECT_EQ(list.index.memory_bytes(), 0u);
  list.add("ninth");
  EXPECT_GT(list.index.memory_bytes(), 100u);
}

}  // namespace
}  // namespace syncline::crdt
