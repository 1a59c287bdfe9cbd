#include "forms/form.h"

#include <optional>
#include <utility>

#include "base/utf8.h"
#include "forms/html_writer.h"
#include "forms/mapping.h"
#include "forms/markdown_writer.h"
#include "forms/roots.h"
#include "forms/xml_forms.h"

namespace syncline::forms {

namespace {

Result<std::string> range_of(Result<std::string> text, const FormWish& wish) {
  const bool whole = wish.from == 0 && wish.to == FormWish().to;
  if (!text || whole) return text;
  return utf16_slice(*text, wish.from, wish.to);
}

}  // namespace

std::string_view to_string(Form form) {
  switch (form) {
    case Form::kText: return "text";
    case Form::kXml: return "xml";
    case Form::kHtml: return "html";
    case Form::kMarkdown: return "markdown";
    case Form::kDelta: return "delta";
  }
  return "form";
}

Result<std::string> write_form(crdt::Doc& doc, const FormWish& wish, std::size_t most) {
  const auto type = chosen_root(doc, wish.root);
  if (!type) return std::unexpected(type.error());
  const auto root = read_xml(*type);
  if (!root) return std::unexpected(root.error());
  switch (wish.form) {
    case Form::kText: return range_of(plain_text(*root, most), wish);
    case Form::kXml: return xml_text(*root, most);
    case Form::kDelta: return delta_json(*root, most);
    default: break;
  }
  const auto mapping = choose_mapping(*root, wish.mapping);
  if (!mapping) return std::unexpected(mapping.error());
  const auto rich = to_rich(**mapping, *root);
  if (!rich) return std::unexpected(rich.error());
  return wish.form == Form::kHtml ? write_html(*rich, most) : write_markdown(*rich, most);
}

}  // namespace syncline::forms
