// HTML, read with the rules of browsers (gumbo). Text between spaces and line feeds keeps its spaces; spaces with a line
// feed among them are one space, and nothing at the ends of a block.
//
// Known are p, h1 … h6, ul, ol, li, blockquote, pre, hr, br, the tags of marks and <a>; div, span and the sections of a
// page stand for what is in them; lists of tasks and data-node are as forms/html_writer.h writes them. Comments, <title> and
// <meta> are left out, and so are links that would run a program.
//
// Thread-safety: pure. Errors: kTooLarge for more than kMaxHtmlBytes, for tags that need more than kMaxHtmlMemory, and
// for elements nested deeper than kMaxNodeDepth; kMalformed for what is not UTF-8; kUnprocessable, with its name,
// for another element.
#pragma once

#include <cstddef>
#include <string_view>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

inline constexpr std::size_t kMaxHtmlBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxHtmlMemory = std::size_t{64} << 20;

Result<RichNode> read_html(std::string_view text);

}  // namespace syncline::forms
