// What it costs to tell a change that was made to be dear: thousands of formats, each under a name
// of its own. Judged by counts, never by time.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"

namespace {

std::size_t allocations = 0;

// Not inlined, so that no compiler sees a `new` that ends in free().
[[gnu::noinline]] void* counted(std::size_t bytes) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}

[[gnu::noinline]] void release(void* memory) noexcept {
  std::free(memory);
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// All of them: what one gives, another takes back, which sanitizers watch.
void* operator new(std::size_t bytes) {
  return or_throw(counted(bytes));
}
void* operator new[](std::size_t bytes) {
  return or_throw(counted(bytes));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}

namespace syncline::merge {
namespace {

using crdt::Any;

// Values too long to lie within a string object: a copy of one is an allocation.
Any value() {
  return Any(std::string(60, 'v'));
}

std::string name(std::uint32_t i) {
  return "k" + std::to_string(i);
}

// An object, and somebody who edits it.
class MeasuredEdit {
 public:
  // Tells what `edit` does as one event, and counts the allocations of that.
  std::string told(const std::function<void()>& edit) {
    Bytes update;
    const auto token =
        doc.on_update([&](const crdt::UpdateEvent& event) { update = to_bytes(event.update()); });
    doc.transact([&] { edit(); });
    doc.off(token);
    const std::size_t before = allocations;
    auto told = apply_and_tell(*object_, update);
    allocated = allocations - before;
    EXPECT_TRUE(told);
    return told ? *told : "";
  }

  // n formats, the i-th before the i-th of n characters.
  void format_each(std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_TRUE(text.format(i, n - i, {{name(i), value()}}));
  }

  crdt::Doc doc{{.client_id = 1}};
  crdt::Text text = doc.text("content");
  std::size_t allocated = 0;

 private:
  std::unique_ptr<Object> object_ = doc_type().create();
};

// One event that gives a character n formats.
std::size_t cost_of_formats(std::uint32_t n) {
  MeasuredEdit edited;
  edited.told([&] { EXPECT_TRUE(edited.text.insert(0, "x")); });
  std::string attributes;
  const std::string told = edited.told([&] {
    for (std::uint32_t i = 0; i < n; ++i) {
      EXPECT_TRUE(edited.text.format(0, 1, {{name(i), value()}}));
      // Each comes before those that are there.
      attributes =
          "\"" + name(i) + "\":" + crdt::to_json(value()) + (i == 0 ? "" : ",") + attributes;
    }
  });
  EXPECT_EQ(told,
            R"([{"path":"content","delta":[{"retain":1,"attributes":{)" + attributes + "}}]}]");
  return edited.allocated;
}

TEST(DocHistoryCost, OfFormatsUnderManyNamesIsLinear) {
  const std::size_t few = cost_of_formats(200);
  const std::size_t many = cost_of_formats(800);
  EXPECT_LT(many, 6 * few) << few;
}

// One character more in a text that has n formats.
std::size_t cost_among_formats(std::uint32_t n) {
  MeasuredEdit edited;
  edited.told([&] {
    EXPECT_TRUE(edited.text.insert(0, std::string(n, 'x')));
    edited.format_each(n);
  });
  EXPECT_EQ(edited.told([&] { EXPECT_TRUE(edited.text.insert(0, "!")); }),
            R"([{"path":"content","delta":[{"insert":"!"}]}])");
  return edited.allocated;
}

TEST(DocHistoryCost, OfACharacterAmongFormatsIsLinear) {
  const std::size_t few = cost_among_formats(100);
  const std::size_t many = cost_among_formats(400);
  EXPECT_LT(many, 6 * few) << few;
}

TEST(DocHistoryCost, WhatWouldBeTooMuchIsNotTold) {
  MeasuredEdit edited;
  const std::uint32_t n = 400;  // 5.8 MB of attributes
  EXPECT_EQ(edited.told([&] {
    EXPECT_TRUE(edited.text.insert(0, std::string(n, 'x')));
    edited.format_each(n);
  }),
            kNotTold);
  EXPECT_EQ(edited.told([&] { EXPECT_TRUE(edited.text.erase(0, n)); }),
            R"([{"path":"content","delta":[{"delete":400}]}])");
  EXPECT_EQ(
      edited.told([&] { EXPECT_TRUE(edited.text.insert(0, std::string(kMaxToldBytes, 'x'))); }),
      kNotTold);
  EXPECT_EQ(edited.told([&] { EXPECT_TRUE(edited.text.erase(1, kMaxToldBytes - 1)); }),
            R"([{"path":"content","delta":[{"retain":1},{"delete":4194303}]}])");
}

// Characters that all show the same formats after something came and went between them.
TEST(DocHistoryCost, FormatsThatAreLookedAtInVainCount) {
  MeasuredEdit edited;
  const std::string told = edited.told([&] {
    EXPECT_TRUE(
        edited.text.insert(0, std::string(100, 'x'), {{"big", Any(std::string(1 << 20, 'v'))}}));
    for (std::uint32_t i = 0; i < 100; i += 2)
      EXPECT_TRUE(edited.text.format(i, 1, {{"b", Any(true)}}));
  });
  EXPECT_EQ(told, kNotTold);
}

// XML is printed with all formats of each run.
TEST(DocHistoryCost, PrintedFormatsCount) {
  MeasuredEdit edited;
  for (const bool heavy : {false, true}) {
    const std::string told = edited.told([&] {
      auto text = edited.doc.xml_fragment("xml").push_text();
      ASSERT_TRUE(text);
      const std::uint32_t n = heavy ? 400 : 4;
      ASSERT_TRUE(text->insert(0, std::string(n, 'x')));
      for (std::uint32_t i = 0; i < n; ++i)
        ASSERT_TRUE(text->format(i, n - i, {{name(i), Any(Any::Object{{"a", value()}})}}));
    });
    EXPECT_EQ(told == kNotTold, heavy) << told.substr(0, 100);
  }
}

// An event that touches many types.
TEST(DocHistoryCost, OfManyTypesIsTold) {
  MeasuredEdit edited;
  std::vector<crdt::Map> maps;
  edited.told([&] {
    for (std::uint32_t i = 0; i < 1000; ++i)
      maps.push_back(
          crdt::as<crdt::Map>(*edited.doc.array("list").push_type(crdt::TypeKind::kMap)));
  });
  const std::string told = edited.told([&] {
    for (const crdt::Map& map : maps) EXPECT_TRUE(crdt::Map(map).set("a", Any(1)));
  });
  EXPECT_TRUE(told.ends_with(R"({"path":"list[999]","keys":{"a":{"set":1}}}])")) << told.size();
}

}  // namespace
}  // namespace syncline::merge
