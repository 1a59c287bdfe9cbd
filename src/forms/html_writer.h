// HTML of a document, as TipTap and ProseMirror write it: no line breaks between tags, and nothing but the content.
//
// Nothing of a document becomes a tag or an attribute of another meaning: texts and attributes are escaped, and
// marks_of (forms/shapes.h) leaves out links that would run a program. A node that the mapping does not know is
// <div data-node="its name">, or <span> within a text.
//
// Thread-safety: pure. Errors: kTooLarge for more than `most` bytes.
#pragma once

#include <cstddef>
#include <string>

#include "forms/rich_tree.h"
#include "syncline/error.h"

namespace syncline::forms {

Result<std::string> write_html(const RichNode& document, std::size_t most);

// Text for HTML, outside tags or in an attribute in double quotes.
std::string escape_html(std::string_view text);

}  // namespace syncline::forms
