// Documents in forms, as objects of the server: what an edit of Markdown costs, and the log of it.
#include <gtest/gtest.h>

#include <string>

#include "merge/effect_codec.h"
#include "merge/facets.h"
#include "merge/object.h"

namespace syncline::merge {
namespace {

constexpr std::uint64_t kEditor = 77;

Edit markdown(std::string text) {
  return WholeForm{{.root = "default"}, std::move(text)};
}

TEST(DocForm, OneWordOfALargeDocumentIsASmallChange) {
  std::string text = "# Title\n";
  for (int i = 0; text.size() < 100'000; ++i)
    text += "\nParagraph " + std::to_string(i) + " has some words, and **bold** ones at its end.\n";
  const auto object = doc_type().create();
  const auto whole = edit(*object, markdown(text), kEditor);
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_TRUE(object->apply(*whole));

  const auto nothing = edit(*object, markdown(text), kEditor);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(object->prepare(*nothing)->changes);

  const std::string word = "Paragraph 700 has some";
  text.replace(text.find(word), word.size(), "Paragraph 700 had some");
  const auto change = edit(*object, markdown(text), kEditor);
  ASSERT_TRUE(change);
  const auto prepared = object->prepare(*change);
  ASSERT_TRUE(prepared);
  EXPECT_LT(change->size() + encode_effect(prepared->effect).size(), 120u);
  ASSERT_TRUE(object->apply(*change));
  const auto shown = form_pieces(*object, {.form = forms::Form::kMarkdown}, 1 << 20);
  ASSERT_TRUE(shown);
  EXPECT_EQ(all_of(**shown), text);
}

TEST(DocForm, ATextHasARange) {
  const auto object = doc_type().create();
  ASSERT_TRUE(object->apply(*edit(*object, WholeText{{"content"}, "a🎉b"}, kEditor)));
  const auto shown = [&](std::uint64_t from, std::uint64_t to) {
    const auto pieces = form_pieces(*object, {.root = "content", .from = from, .to = to}, 100);
    return pieces ? all_of(**pieces) : pieces.error().message;
  };
  EXPECT_EQ(shown(0, 1), "a");
  EXPECT_EQ(shown(1, 99), "🎉b");
  EXPECT_EQ(shown(2, 3), "\uFFFD");
}

TEST(DocForm, AFailedEditHasNoIntent) {
  const auto object = doc_type().create();
  const auto html = edit(*object, markdown("<div>x</div>"), kEditor);
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().code, ErrorCode::kUnprocessable);
}

}  // namespace
}  // namespace syncline::merge
