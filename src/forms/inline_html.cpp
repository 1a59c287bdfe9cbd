#include "forms/inline_html.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/utf8.h"

namespace syncline::forms {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// The character of the reference that the text begins with, such as "&amp;", and how long the reference is; 0: none.
std::size_t read_reference(std::string_view text, std::string& out) {
  constexpr std::pair<std::string_view, std::string_view> kNamed[] = {
      {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}};
  for (const auto& [reference, character] : kNamed) {
    if (!text.starts_with(reference)) continue;
    out += character;
    return reference.size();
  }
  if (!text.starts_with("&#")) return 0;
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const char* begin = text.data() + (hex ? 3 : 2);
  std::uint32_t code_point = 0;
  const auto [end, error] =
      std::from_chars(begin, text.data() + text.size(), code_point, hex ? 16 : 10);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ';') return 0;
  append_utf8(out, code_point);
  return static_cast<std::size_t>(end - text.data()) + 1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = text.front() == '&' ? read_reference(text, out) : 0;
    if (length == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

// The value of href in the attributes of a tag that Markdown has accepted.
std::string href_in(std::string_view attributes) {
  while (!attributes.empty()) {
    const auto equals = attributes.find('=');
    if (equals == attributes.npos) return {};
    std::string_view name = attributes.substr(0, equals);
    while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    name.remove_prefix(name.find_last_of(" \t\n\r\f") + 1);
    attributes.remove_prefix(equals + 1);
    while (!attributes.empty() && is_space(attributes.front())) attributes.remove_prefix(1);
    const bool quoted = attributes.starts_with('"') || attributes.starts_with('\'');
    const auto end =
        quoted ? attributes.find(attributes.front(), 1) : attributes.find_first_of(" \t\n\r\f>");
    const auto value = attributes.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0));
    if (name == "href" || name == "HREF") return unescaped(value);
    attributes.remove_prefix(end == attributes.npos ? attributes.size() : end + 1);
  }
  return {};
}

}  // namespace

std::optional<MarkKind> mark_of_tag(std::string_view name) {
  if (name == "strong" || name == "b") return MarkKind::kBold;
  if (name == "em" || name == "i") return MarkKind::kItalic;
  if (name == "u" || name == "ins") return MarkKind::kUnderline;
  if (name == "s" || name == "del" || name == "strike") return MarkKind::kStrike;
  if (name == "code") return MarkKind::kCode;
  return std::nullopt;
}

Result<InlineTag> read_inline_tag(std::string_view source) {
  InlineTag tag;
  tag.ends = source.starts_with("</");
  std::string_view inner = source.substr(std::min<std::size_t>(tag.ends ? 2 : 1, source.size()));
  if (inner.ends_with('>')) inner.remove_suffix(1);
  if (inner.ends_with('/')) inner.remove_suffix(1);
  const auto name_end = std::ranges::find_if(inner, is_space);
  for (const char c : std::string_view(inner.begin(), name_end))
    tag.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (tag.name == "br") {
    tag.is_break = true;
    return tag;
  }
  if (tag.name == "a") {
    tag.mark = {MarkKind::kLink, href_in(std::string_view(name_end, inner.end()))};
    return tag;
  }
  const auto kind = mark_of_tag(tag.name);
  if (!kind) return fail(ErrorCode::kUnprocessable, "no mapping has <" + tag.name + ">");
  tag.mark = {*kind};
  return tag;
}

}  // namespace syncline::forms
