#include "forms/markdown_inlines.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "forms/html_writer.h"
#include "forms/markdown_reader.h"

namespace syncline::forms {
namespace {

// From what people write to what always reads back.
enum class Care : std::uint8_t {
  kPretty,  // **bold**
  kTags,    // <strong>bold</strong>
  kAll,     // the same, and a backslash before everything that could mean something
};
constexpr std::array kCares{Care::kPretty, Care::kTags, Care::kAll};

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_punctuation(char c) {
  return c > ' ' && c < 0x7f && !is_alnum(c);
}

std::string entity(char c) {
  return "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
}

std::string_view begin_tag(MarkKind kind) {
  switch (kind) {
    case MarkKind::kBold: return "<strong>";
    case MarkKind::kItalic: return "<em>";
    case MarkKind::kUnderline: return "<u>";
    case MarkKind::kStrike: return "<s>";
    case MarkKind::kCode: return "<code>";
    case MarkKind::kLink: break;
  }
  return "<a>";
}

std::string end_tag(MarkKind kind) {
  return "</" + std::string(begin_tag(kind).substr(1));
}

std::string_view delimiter(MarkKind kind) {
  switch (kind) {
    case MarkKind::kBold: return "**";
    case MarkKind::kItalic: return "*";
    case MarkKind::kStrike: return "~~";
    default: return {};
  }
}

// In addresses and titles, references are read before backslashes are.
std::string in_address(char c) {
  if (c == '&') return "&amp;";
  return c >= 0 && c < ' ' ? entity(c) : std::string(1, c);
}

std::string destination(std::string_view address) {
  const auto plain = [](char c) {
    return is_alnum(c) || std::string_view("-._~:/?#@!$&'*+,;=%").find(c) != std::string_view::npos;
  };
  const bool reference = address.contains('&') && address.contains(';');
  if (!address.empty() && !reference && std::ranges::all_of(address, plain))
    return std::string(address);
  std::string out = "<";
  for (const char c : address) {
    if (c == '<' || c == '>' || c == '\\') out += '\\';
    out += in_address(c);
  }
  return out + ">";
}

class InlineWriter {
 public:
  InlineWriter(const std::vector<Inline>& inlines, InlinePlace place, Care care)
      : inlines_(inlines), place_(place), care_(care) {}

  std::string write() {
    for (const Inline& part : inlines_) {
      change_marks(part.marks);
      const bool last = &part == &inlines_.back();
      if (part.is_break())
        line_break(last);
      else if (part.is_image())
        image(*part.image);
      else if (is_code(part) && care_ == Care::kPretty)
        code_span(part.text);
      else
        text(part.text, last || (&part + 1)->is_break());
    }
    change_marks({});
    return std::move(out_);
  }

 private:
  static bool is_code(const Inline& part) {
    return !part.marks.empty() && part.marks.back().kind == MarkKind::kCode;
  }

  void line_break(bool last) {
    const bool tag = last || place_ != InlinePlace::kParagraph || care_ != Care::kPretty;
    out_ += tag ? "<br>" : "\\\n";
    line_start_ = out_.size();
    if (tag) line_start_ = std::string::npos;
  }

  void image(const Image& image) {
    out_ += "![";
    text(image.alt, false);
    out_ += "](" + destination(image.address);
    if (!image.title.empty()) out_ += " \"" + escape_title(image.title) + "\"";
    out_ += ")";
  }

  static std::string escape_title(std::string_view title) {
    std::string out;
    for (const char c : title) {
      if (c == '"' || c == '\\') out += '\\';
      out += in_address(c);
    }
    return out;
  }

  void code_span(std::string_view code) {
    std::size_t longest = 0;
    for (std::size_t i = 0, run = 0; i < code.size(); ++i) {
      run = code[i] == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const bool spaces = code.front() == ' ' && code.back() == ' ';
    const bool pad = code.front() == '`' || code.back() == '`' || spaces;
    out_ += fence + (pad ? " " : "") + std::string(code) + (pad ? " " : "") + fence;
  }

  void change_marks(const Marks& wanted) {
    const auto [differs, from] = std::ranges::mismatch(open_, wanted);
    const auto same = static_cast<std::size_t>(differs - open_.begin());
    while (open_.size() > same) {
      end(open_.back());
      open_.pop_back();
    }
    for (auto mark = from; mark != wanted.end(); ++mark) {
      begin(*mark);
      open_.push_back(*mark);
    }
  }

  void begin(const Mark& mark) {
    const bool pretty = care_ == Care::kPretty;
    if (mark.kind == MarkKind::kLink)
      out_ += pretty ? "[" : "<a href=\"" + escape_html(mark.address) + "\">";
    else if (pretty && mark.kind == MarkKind::kCode)
      return;
    else
      out_ += pretty && !delimiter(mark.kind).empty() ? delimiter(mark.kind) : begin_tag(mark.kind);
  }

  void end(const Mark& mark) {
    const bool pretty = care_ == Care::kPretty;
    if (mark.kind == MarkKind::kLink)
      out_ += pretty ? "](" + destination(mark.address) + ")" : "</a>";
    else if (pretty && mark.kind == MarkKind::kCode)
      return;
    else
      out_ += pretty && !delimiter(mark.kind).empty() ? std::string(delimiter(mark.kind))
                                                      : end_tag(mark.kind);
  }

  // `ends_line`: nothing but marks follows on the line.
  void text(std::string_view text, bool ends_line) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool at_end = ends_line && i + 1 == text.size();
      const std::string_view before = text.substr(0, i);
      const std::string_view after = text.substr(i + 1);
      if (c == '\0') {
        out_ += kReplacementCharacter;
      } else if (c == '\n' || c == '\r' || c == '\t' || (c == ' ' && (begins_line() || at_end))) {
        out_ += entity(c);
      } else {
        if (means_something(c, before, after)) out_ += '\\';
        out_ += c;
      }
    }
  }

  std::string_view line() const {
    return line_start_ == std::string::npos ? std::string_view("x")
                                            : std::string_view(out_).substr(line_start_);
  }
  bool begins_line() const { return line().empty(); }

  bool means_something(char c, std::string_view before, std::string_view after) const {
    if (c == '|' && place_ == InlinePlace::kCell) return false;
    if (care_ == Care::kAll) return is_punctuation(c);
    switch (c) {
      case '\\':
      case '`':
      case '*':
      case '[':
      case ']':
      case '<':
      case '~':
      case '|': return true;
      case '_':
        return before.empty() || after.empty() || !is_alnum(before.back()) ||
               !is_alnum(after.front());
      case '&': return !after.empty() && (after.front() == '#' || is_alnum(after.front()));
      case '#':
        return begins_line() || before.empty() || before.back() == ' ' || before.back() == '#';
      case '>':
      case '+':
      case '-':
      case '=':
      case ':': return begins_line();
      case '.':
      case ')': {
        const auto digit = [](char d) { return d >= '0' && d <= '9'; };
        return !begins_line() && std::ranges::all_of(line(), digit);
      }
      default: return false;
    }
  }

  const std::vector<Inline>& inlines_;
  const InlinePlace place_;
  const Care care_;
  std::string out_;
  std::size_t line_start_ = 0;  // npos: this line cannot be taken for something else
  Marks open_;
};

// Text whose meaning nobody could mistake.
bool is_plain(const std::vector<Inline>& inlines) {
  if (inlines.size() != 1 || !inlines.front().is_text() || !inlines.front().marks.empty())
    return false;
  const std::string& text = inlines.front().text;
  const auto plain = [](char c) { return is_alnum(c) || c == ' ' || c == ',' || c == '\''; };
  return text.front() != ' ' && text.back() != ' ' && is_ascii(text.substr(0, 1)) &&
         std::ranges::all_of(std::string_view(text).substr(0, text.size() - 1), plain) &&
         (plain(text.back()) || ((text.back() == '.' || text.back() == '!' || text.back() == '?') &&
                                 !(text.front() >= '0' && text.front() <= '9')));
}

std::string without_nul(std::string text) {
  for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0'))
    text.replace(at, 1, kReplacementCharacter);
  return text;
}

std::vector<Inline> without_nul(std::vector<Inline> inlines) {
  for (Inline& part : inlines) {
    part.text = without_nul(std::move(part.text));
    if (part.is_image())
      part.image = std::make_shared<const Image>(Image{without_nul(part.image->address),
                                                       without_nul(part.image->alt),
                                                       without_nul(part.image->title)});
  }
  return inlines;
}

// A bar within a cell has a backslash, also within code: it is taken away before anything else is read.
std::string escape_bars(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// Where the text alone stands in a document: what its paragraph, heading or cell is read as.
const std::vector<Inline>* only_inlines(const RichNode& document, InlinePlace place) {
  if (document.children.size() != 1) return nullptr;
  const RichNode* only = &document.children.front();
  if (place == InlinePlace::kCell) {
    if (only->kind != NodeKind::kTable || only->children.size() != 2) return nullptr;
    only = &only->children.back().children.front().children.front();
  }
  const bool paragraph = only->kind == NodeKind::kParagraph || only->kind == NodeKind::kImage;
  const bool right = place == InlinePlace::kHeading ? only->kind == NodeKind::kHeading : paragraph;
  return right ? &only->inlines : nullptr;
}

bool reads_back(const std::string& markdown, const std::vector<Inline>& wanted, InlinePlace place) {
  const std::string whole = place == InlinePlace::kHeading ? "# " + markdown
                            : place == InlinePlace::kCell  ? "| x |\n| --- |\n| " + markdown + " |"
                                                           : markdown;
  const auto read = read_markdown(whole);
  const auto* inlines = read ? only_inlines(*read, place) : nullptr;
  return inlines != nullptr && *inlines == wanted;
}

}  // namespace

Result<std::string> markdown_of(const std::vector<Inline>& inlines, InlinePlace place) {
  for (const Inline& part : inlines)
    if (!part.name.empty())
      return fail(ErrorCode::kNoSuchForm, "Markdown has no '" + part.name + "'");
  if (inlines.empty() || is_plain(inlines))
    return inlines.empty() ? std::string() : inlines.front().text;
  const std::vector<Inline> wanted = without_nul(inlines);
  for (const Care care : kCares) {
    std::string markdown = InlineWriter(wanted, place, care).write();
    if (place == InlinePlace::kCell) markdown = escape_bars(markdown);
    if (reads_back(markdown, wanted, place)) return markdown;
  }
  return fail(ErrorCode::kNoSuchForm, "Markdown cannot say this text");
}

}  // namespace syncline::forms
