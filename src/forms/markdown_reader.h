// Markdown, read: CommonMark, with strikethrough, tables and lists of tasks as GitHub has them (cmark-gfm).
//
// A paragraph of one no-break space is an empty one. A line break in the source is a space. Of HTML, the tags of marks
// are known: a, b, strong, i, em, u, ins, s, del, strike, code, br.
//
// Thread-safety: pure. Errors: kTooLarge for more than kMaxMarkdownBytes, kMaxMarkdownMemory or kMaxNodeDepth; kMalformed for what is not
// UTF-8; kUnprocessable, with its name, for what has no RichNode, such as other HTML.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

inline constexpr std::size_t kMaxMarkdownBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxMarkdownMemory = std::size_t{256} << 20;  // of the parser

Result<RichNode> read_markdown(std::string_view text);

}  // namespace syncline::forms
