// Inline content of Markdown: paragraphs, headings. For this room only.
#pragma once

#include <string>
#include <vector>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

enum class InHeading : bool { kNo, kYes };  // a heading is one line

// Several lines if there are breaks. kNoSuchForm for a node within the text, or if Markdown cannot say it.
Result<std::string> markdown_of(const std::vector<Inline>& inlines, InHeading heading);

}  // namespace syncline::forms
