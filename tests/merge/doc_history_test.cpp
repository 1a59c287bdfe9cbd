// What a change did to a rich text, told as deltas with formats.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Attributes;
using crdt::Doc;

// An object, and somebody who edits it.
struct Edited {
  Edited() {
    doc.on_update([this](const crdt::UpdateEvent& event) {
      told = apply_and_tell(*object, event.update()).value();
    });
  }

  Doc doc{{.client_id = 1}};
  crdt::Text text = doc.text("content");
  std::unique_ptr<Object> object = doc_type().create();
  std::string told;
};

std::string delta(const std::string& steps) {
  return R"([{"path":"content","delta":[)" + steps + "]}]";
}

TEST(DocHistory, FormatsAreTold) {
  Edited edited;
  ASSERT_TRUE(edited.text.insert(0, "one two three"));
  EXPECT_EQ(edited.told, delta(R"({"insert":"one two three"})"));
  ASSERT_TRUE(edited.text.format(4, 3, {{"bold", true}}));
  EXPECT_EQ(edited.told, delta(R"({"retain":4},{"retain":3,"attributes":{"bold":true}})"));
  ASSERT_TRUE(edited.text.insert(7, "!"));
  EXPECT_EQ(edited.told, delta(R"({"retain":7},{"insert":"!","attributes":{"bold":true}})"));
  ASSERT_TRUE(edited.text.format(6, 4, {{"link", "x.org"}, {"bold", Any(Any::Null{})}}));
  EXPECT_EQ(edited.told,
            delta(R"({"retain":6},{"retain":2,"attributes":{"link":"x.org","bold":null}},)"
                  R"({"retain":2,"attributes":{"link":"x.org"}})"));
  ASSERT_TRUE(edited.text.erase(5, 2));
  EXPECT_EQ(edited.told, delta(R"({"retain":5},{"delete":2})"));
  ASSERT_TRUE(edited.text.insert_embed(0, Any(Any::Object{{"image", "a.png"}}), {{"width", 3}}));
  EXPECT_EQ(edited.told, delta(R"({"insert":[{"image":"a.png"}],"attributes":{"width":3}})"));
  edited.doc.transact([&] {
    EXPECT_TRUE(edited.text.format(1, 3, {{"bold", true}}));
    EXPECT_TRUE(edited.text.format(1, 3, {{"bold", Any(Any::Null{})}}));
  });
  EXPECT_EQ(edited.told, "[]");
}

// A text as a reader of deltas sees it: elements with their formats.
struct Element {
  std::string what;
  std::map<std::string, std::string> formats;
  bool operator==(const Element&) const = default;
};
using Elements = std::vector<Element>;

void set(Element& element, const Any& attributes) {
  for (const auto& [name, value] : std::get<Any::Object>(attributes.value())) {
    if (value.is_null())
      element.formats.erase(name);
    else
      element.formats[name] = crdt::to_json(value);
  }
}

Elements inserted(const Any& what, const Any* attributes) {
  Elements elements;
  if (const auto* text = std::get_if<std::string>(&what.value()))
    for (const char c : *text) elements.push_back({std::string(1, c), {}});
  else
    for (const Any& value : std::get<Any::Array>(what.value()))
      elements.push_back({crdt::to_json(value), {}});
  for (Element& element : elements)
    if (attributes != nullptr) set(element, *attributes);
  return elements;
}

void apply_told(Elements& elements, const std::string& told) {
  const auto changes = crdt::from_json(told).value();
  for (const Any& change : std::get<Any::Array>(changes.value())) {
    std::size_t at = 0;
    for (const Any& step : std::get<Any::Array>(change.find("delta")->value())) {
      const Any* attributes = step.find("attributes");
      const auto place = [&] { return elements.begin() + static_cast<std::ptrdiff_t>(at); };
      const auto length = [&](const Any& any) {
        return static_cast<std::size_t>(std::get<double>(any.value()));
      };
      if (const Any* kept = step.find("retain")) {
        for (const std::size_t end = at + length(*kept); at < end; ++at)
          if (attributes != nullptr) set(elements.at(at), *attributes);
      }
      if (const Any* gone = step.find("delete"))
        elements.erase(place(), place() + static_cast<std::ptrdiff_t>(length(*gone)));
      if (const Any* came = step.find("insert")) {
        const Elements fresh = inserted(*came, attributes);
        elements.insert(place(), fresh.begin(), fresh.end());
        at += fresh.size();
      }
      ASSERT_LE(at, elements.size());
    }
  }
}

Elements shown(const crdt::Delta& delta) {
  Elements elements;
  for (const crdt::DeltaOp& step : delta) {
    Any::Object attributes;
    for (const auto& [name, value] : step.attributes) attributes.emplace_back(name, value);
    const Any formats{std::move(attributes)};
    const Any what =
        step.values.empty() ? Any(step.text) : Any(Any::Array{std::get<Any>(step.values.front())});
    const Elements more = inserted(what, &formats);
    elements.insert(elements.end(), more.begin(), more.end());
  }
  return elements;
}

// Deltas lead from each state to the next, whoever formats what, and however late it comes.
TEST(DocHistory, DeltasWithFormatsLeadFromStateToState) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    const auto below = [&](std::uint32_t limit) {
      return static_cast<std::uint32_t>(dice() % limit);
    };
    std::vector<Bytes> sent;
    std::vector<std::unique_ptr<Doc>> people;
    for (crdt::ClientId id = 1; id <= 3; ++id) {
      people.push_back(std::make_unique<Doc>(crdt::DocOptions{.client_id = id}));
      people.back()->on_update([&](const crdt::UpdateEvent& event) {
        if (event.local()) sent.push_back(to_bytes(event.update()));
      });
    }
    // Shows what the log says, as the object does: nothing is cleaned.
    Doc reader({.client_id = 9, .clean_formats = false});
    const auto object = doc_type().create();
    Elements elements;
    for (int step = 0; step < 100; ++step) {
      Doc& doc = *people[below(3)];
      crdt::Text text = doc.text("content");
      const std::uint32_t at = below(text.length() + 1);
      const std::uint32_t rest = std::min(text.length() - at, 1 + below(8));
      const std::string name(1, static_cast<char>('x' + below(3)));
      switch (rest == 0 ? 0 : below(5)) {
        case 1: EXPECT_TRUE(text.erase(at, rest)); break;
        case 2:
          EXPECT_TRUE(text.format(at, rest, {{name, Any(static_cast<int>(below(3)))}}));
          break;
        case 3: EXPECT_TRUE(text.format(at, rest, {{name, Any(Any::Null{})}})); break;
        case 4: EXPECT_TRUE(text.insert_embed(at, Any(Any::Object{{"e", Any(1)}}))); break;
        default: EXPECT_TRUE(text.insert(at, "words")); break;
      }
      Doc& other = *people[below(3)];
      if (&other != &doc && below(3) == 0) {
        EXPECT_TRUE(other.apply_update(doc.encode_state_as_update(other.state_vector())));
      }
      while (!sent.empty() && below(3) > 0) {
        const std::size_t which = below(static_cast<std::uint32_t>(sent.size()));
        const Bytes update = sent[which];
        sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(which));
        const std::string told = apply_and_tell(*object, update).value();
        ASSERT_TRUE(reader.apply_update(update));
        apply_told(elements, told);
        ASSERT_EQ(elements, shown(reader.text("content").to_delta())) << step << ": " << told;
      }
    }
  }
}

}  // namespace
}  // namespace syncline::merge
