// Markdown of a document: CommonMark, with strikethrough and lists of tasks as GitHub has them. It reads back
// (forms/markdown_reader.h) to the same document, except for what write_markdown() leaves out on purpose: empty
// paragraphs at the end of the document, because editors keep one there to type into.
//
// A paragraph is written as people write it, and read back at once. If that gives something else, because its marks
// begin or end where Markdown's cannot, its marks are written as HTML tags, which Markdown allows.
//
// Thread-safety: pure. Errors: kTooLarge for more than `most` bytes; kNoSuchForm, with its name, for a node that the
// mapping does not know.
#pragma once

#include <cstddef>
#include <string>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

Result<std::string> write_markdown(const RichNode& document, std::size_t most);

}  // namespace syncline::forms
