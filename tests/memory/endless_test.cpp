// A document whose content stays small must stay small, however long it is edited.
//
// How far that can go is laid down by the rules of Yjs, which decide how many structs a document
// has: deleted ones are joined only if their ids follow each other and they lie side by side. Where
// they are, memory must not grow at all. Where they are not (edits at random places, several keys
// in turn: there Yjs, too, keeps a struct an edit) the memory of each is bounded.
//
// SYNCLINE_ENDLESS_EDITS says how many edits a case makes.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt {
namespace {

#ifdef SYNCLINE_SLOW_CHECKS
constexpr std::uint32_t kEdits = 20'000;
#else
constexpr std::uint32_t kEdits = 300'000;
#endif

std::uint32_t edits() {
  const char* wanted = std::getenv("SYNCLINE_ENDLESS_EDITS");
  return wanted == nullptr ? kEdits : static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10));
}

// 0 always with a sanitizer's allocator.
std::size_t heap_bytes() {
  return mallinfo2().uordblks;
}

template <typename T>
void must(const Result<T>& result) {
  ASSERT_TRUE(result.has_value());
}

struct Case {
  const char* name;
  std::function<void(Doc& doc, std::uint32_t step)> edit;
};

void PrintTo(const Case& value, std::ostream* out) {
  *out << value.name;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// The writer, and a reader that gets every update as it comes.
class Endless : public testing::TestWithParam<Case> {
 protected:
  void run(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) GetParam().edit(writer_, i);
  }
  static std::size_t structs(Doc& doc) { return doc.engine().store.items.live(); }

  Doc writer_{{.client_id = 1}};
};

// ---- what Yjs's rules join

class EndlessJoined : public Endless {};

TEST_P(EndlessJoined, MemoryDoesNotGrow) {
  Doc reader({.client_id = 2});
  std::uint64_t updates = 0;
  const auto read = [&](const UpdateEvent& event) {
    const bool by_state = updates++ % 8 == 0;
    must(reader.apply_update(by_state ? writer_.encode_state_as_update(reader.state_vector())
                                      : to_bytes(event.update())));
  };
  const bool with_reader = edits() <= 1'000'000;  // ten million are for the writer alone
  if (with_reader) writer_.on_update(read);
  // Warm: every table and arena has had its largest size.
  const std::uint32_t warm = edits() / 10;
  run(0, warm);
  const std::size_t heap_before = heap_bytes();
  const std::size_t counted_before = writer_.memory_bytes() + reader.memory_bytes();
  run(warm, edits());
  EXPECT_LE(structs(writer_), 40u);
  EXPECT_LE(structs(reader), 40u);
  EXPECT_LE(writer_.memory_bytes() + reader.memory_bytes(), counted_before + 32'768);
  EXPECT_LE(heap_bytes(), heap_before + 65'536);
  EXPECT_LE(writer_.encode_state_as_update().size(), 4'096u);
  if (with_reader) {
    EXPECT_EQ(writer_.to_json(), reader.to_json());
  }
  EXPECT_TRUE(writer_.check());
  EXPECT_TRUE(reader.check());
}

void type_and_erase(Doc& doc, std::uint32_t step) {
  Text text = doc.text("root");
  if (step == 0) must(text.insert(0, "hello world"));
  must(text.insert(5, "word"));
  must(text.erase(5, 4));
}

void roll_text(Doc& doc, std::uint32_t) {
  Text text = doc.text("root");
  must(text.insert(text.length(), "a line\n"));
  if (text.length() > 700) must(text.erase(0, 7));
}

void replace_text(Doc& doc, std::uint32_t) {
  Text text = doc.text("root");
  must(text.erase(0, text.length()));
  must(text.insert(0, "all of it, \xE4\xBA\xBA again"));
}

void queue_values(Doc& doc, std::uint32_t step) {
  Array array = doc.array("root");
  must(array.push({Any(static_cast<double>(step)), Any("value")}));
  if (array.length() > 100) must(array.erase(0, 2));
}

void set_key(Doc& doc, std::uint32_t step) {
  must(doc.map("root").set("key", Any(static_cast<double>(step))));
}

void set_and_erase_key(Doc& doc, std::uint32_t step) {
  must(doc.map("root").set("key", Any(std::to_string(step))));
  must(doc.map("root").erase("key"));
}

INSTANTIATE_TEST_SUITE_P(All, EndlessJoined,
                         testing::Values(Case{"TypeAndErase", type_and_erase},
                                         Case{"RollText", roll_text},
                                         Case{"ReplaceText", replace_text},
                                         Case{"QueueValues", queue_values}, Case{"SetKey", set_key},
                                         Case{"SetAndEraseKey", set_and_erase_key}),
                         name_of);

// ---- types that come and go; each leaves a byte behind, or two where a table has just doubled

class EndlessTypes : public Endless {};

TEST_P(EndlessTypes, ATypeLeavesAlmostNothing) {
  const std::uint32_t warm = edits() / 10;
  run(0, warm);
  const std::size_t counted_before = writer_.memory_bytes();
  const std::size_t heap_before = heap_bytes();
  run(warm, edits());
  EXPECT_LE(structs(writer_), 40u);
  EXPECT_LE(writer_.memory_bytes(), counted_before + 2 * edits() + 32'768);
  EXPECT_LE(heap_bytes(), heap_before + 2 * edits() + 65'536);
  EXPECT_TRUE(writer_.check());
}

void replace_type(Doc& doc, std::uint32_t) {
  must(doc.map("root").set_type("key", TypeKind::kMap));
}

void queue_types(Doc& doc, std::uint32_t) {
  Array array = doc.array("root");
  must(array.insert_type(array.length(), TypeKind::kText));
  if (array.length() > 20) must(array.erase(0));
}

INSTANTIATE_TEST_SUITE_P(All, EndlessTypes,
                         testing::Values(Case{"ReplaceType", replace_type},
                                         Case{"QueueTypes", queue_types}),
                         name_of);

TEST(CollectedTypes, HandlesReadAsEmptyAndRefuseChanges) {
  Doc doc({.client_id = 1});
  Array array = doc.array("root");
  std::vector<Type> types;
  for (int i = 0; i < 100; ++i) {
    types.push_back(
        *array.insert_type(0, i % 2 == 0 ? TypeKind::kMap : TypeKind::kXmlElement, "p"));
    if (i % 2 == 0) must(as<Map>(types.back()).set("key", 1));
  }
  must(array.erase(0, 99));
  for (std::size_t i = 1; i < types.size(); ++i) {
    EXPECT_TRUE(types[i].deleted());
    EXPECT_EQ(types[i].length(), 0u);
    EXPECT_TRUE(as<Map>(types[i]).entries().empty());
    EXPECT_FALSE(as<Map>(types[i]).set("key", 2));
    EXPECT_TRUE(as<XmlElement>(types[i]).attributes().empty());
    (void)as<XmlElement>(types[i]).node_name();
    (void)types[i].to_json();
    (void)types[i].path();
  }
  EXPECT_EQ(as<Map>(types[0]).entries().size(), 1u);
  EXPECT_TRUE(doc.check());
}

// ---- what they do not join

class EndlessApart : public Endless {};

TEST_P(EndlessApart, AStructCostsLittle) {
  const std::uint32_t count = std::min(edits(), 1'000'000u);
  const std::size_t heap_before = heap_bytes();
  run(0, count);
  const std::size_t kept = structs(writer_);
  ASSERT_GE(kept, count - 1) << "belongs to those that are joined";
  EXPECT_LE(writer_.memory_bytes(), 110 * kept + 32'768);
  EXPECT_LE(heap_bytes(), heap_before + 120 * kept + 65'536);
  EXPECT_TRUE(writer_.check());
}

void edit_at_random(Doc& doc, std::uint32_t step) {
  Text text = doc.text("root");
  const std::uint32_t random = step * 2654435761u;
  must(text.insert((random >> 8) % (text.length() + 1), "a"));
  if (text.length() > 1000) must(text.erase((random >> 4) % text.length(), 1));
}

void insert_in_front(Doc& doc, std::uint32_t step) {
  must(doc.array("root").insert(0, {Any(static_cast<double>(step))}));
  must(doc.array("root").erase(0));
}

void set_keys_in_turn(Doc& doc, std::uint32_t step) {
  must(doc.map("root").set(std::string(1, static_cast<char>('a' + step % 4)), Any(true)));
}

void replace_filled_type(Doc& doc, std::uint32_t) {
  const Result<Type> type = doc.map("root").set_type("key", TypeKind::kText);
  must(type);
  must(as<Text>(*type).insert(0, "some text"));
}

INSTANTIATE_TEST_SUITE_P(All, EndlessApart,
                         testing::Values(Case{"EditAtRandom", edit_at_random},
                                         Case{"ReplaceFilledType", replace_filled_type},
                                         Case{"InsertInFront", insert_in_front},
                                         Case{"SetKeysInTurn", set_keys_in_turn}),
                         name_of);

}  // namespace
}  // namespace syncline::crdt
