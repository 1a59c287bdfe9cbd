// Forms: a document's root as text, XML, HTML, Markdown or a Quill delta, for people and for programs that are no
// editors. docs/document-forms.md says what each form shows.
//
//   std::string html = write_form(doc, {.form = Form::kHtml}, 1 << 20).value();
//
// Thread-safety: that of the document. Costs: O(content of the root).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::forms {

enum class Form : std::uint8_t { kText, kXml, kHtml, kMarkdown, kDelta };

// "text", "xml", "html", "markdown", "delta".
std::string_view to_string(Form form);

struct FormWish {
  Form form = Form::kText;
  std::string root = {};     // "": the only root that the document has
  std::string mapping = {};  // "": chosen by the content
  // Of kText only, in UTF-16 units; both are cut to the actual length.
  std::uint64_t from = 0;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
};

// kNoSuchForm if the form cannot say what the root holds; kNotFound if there is no such root; kInvalid if the wish
// names no root and the document has several, or for a mapping that does not fit; kTooLarge for more than
// `most` bytes, and for what forms/xml_tree.h does not read.
Result<std::string> write_form(crdt::Doc& doc, const FormWish& wish, std::size_t most);

}  // namespace syncline::forms
