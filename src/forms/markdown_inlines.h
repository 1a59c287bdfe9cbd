// Inline content of Markdown: paragraphs, headings. For this room only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

// Where the content stands. A heading is one line, and so is a cell of a table, which its bars end.
enum class InlinePlace : std::uint8_t { kParagraph, kHeading, kCell };

// Several lines if there are breaks in a paragraph. kNoSuchForm for a node within the text, or if Markdown cannot say it.
Result<std::string> markdown_of(const std::vector<Inline>& inlines, InlinePlace place);

}  // namespace syncline::forms
