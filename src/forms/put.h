// Makes a document show what somebody has written in Markdown or HTML, with the smallest edit: blocks that are equal
// stay as they are, and of a block that is not, only its attributes and the characters that differ. So cursors,
// comments and authors of everything else stay.
//
// What the mapping does not know stays, too: attributes of blocks that stay, formats of characters that stay. A character
// that comes between two that share such a format gets it as well. A node that the mapping does not know stays
// where the text has it; Markdown cannot have it.
//
// Thread-safety: that of the document. Costs: O(content of the root), and the difference (diff/sequence_diff.h). A
// failed call changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "forms/form.h"
#include "forms/rich_tree.h"
#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::forms {

struct PutWish {
  Form form = Form::kMarkdown;  // or kHtml
  std::string root = {};        // "": the only root that the document has
  std::string mapping = {};     // "": chosen by the content; TipTap's if there is none yet
};

// Reads the text and puts it, in one transaction. A root that is empty, or not there, gets its kind from the mapping.
// Errors: those of read_markdown and read_html; kUnprocessable, with its name, for a node that the editor has no
// place for, or that the form cannot say; kInvalid and kTooLarge as for write_form.
Result<void> put_form(crdt::Doc& doc, const PutWish& wish, std::string_view text);

}  // namespace syncline::forms
