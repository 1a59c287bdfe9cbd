// Tags of marks in HTML: which mark a tag stands for, and a tag by itself, as Markdown has them within a text.
// For this room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

// The mark of a tag with a name in lower case: "strong" and "b" are bold. nullopt for other tags, and for <a>.
std::optional<MarkKind> mark_of_tag(std::string_view name);

struct InlineTag {
  std::string name;  // in lower case
  bool ends = false;
  bool is_break = false;
  Mark mark = {MarkKind::kBold};
};

// "<strong>", "</a>", "<br/>", "<a href=\"…\">". kUnprocessable, with its name, for another tag.
Result<InlineTag> read_inline_tag(std::string_view source);

}  // namespace syncline::forms
