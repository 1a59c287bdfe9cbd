#include "forms/markdown_inlines.h"

#include <algorithm>
#include <array>
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

std::string destination(std::string_view address) {
  const auto plain = [](char c) {
    return is_alnum(c) || std::string_view("-._~:/?#@!$&'*+,;=%").find(c) != std::string_view::npos;
  };
  if (!address.empty() && std::ranges::all_of(address, plain)) return std::string(address);
  std::string out = "<";
  for (const char c : address) {
    if (c == '<' || c == '>' || c == '\\' || c == '&') out += '\\';
    out += c;
  }
  return out + ">";
}

class InlineWriter {
 public:
  InlineWriter(const std::vector<Inline>& inlines, InHeading heading, Care care)
      : inlines_(inlines), heading_(heading), care_(care) {}

  std::string write() {
    for (const Inline& part : inlines_) {
      change_marks(part.marks);
      const bool last = &part == &inlines_.back();
      if (part.is_break())
        line_break(last);
      else if (is_code(part) && care_ == Care::kPretty)
        code_span(part.text);
      else
        text(part.text, last || !(&part + 1)->is_text());
    }
    change_marks({});
    return std::move(out_);
  }

 private:
  static bool is_code(const Inline& part) {
    return !part.marks.empty() && part.marks.back().kind == MarkKind::kCode;
  }

  void line_break(bool last) {
    const bool tag = last || heading_ == InHeading::kYes || care_ != Care::kPretty;
    out_ += tag ? "<br>" : "\\\n";
    line_start_ = out_.size();
    if (tag) line_start_ = std::string::npos;
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
  const InHeading heading_;
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

std::vector<Inline> without_nul(std::vector<Inline> inlines) {
  for (Inline& part : inlines)
    for (auto at = part.text.find('\0'); at != std::string::npos; at = part.text.find('\0'))
      part.text.replace(at, 1, kReplacementCharacter);
  return inlines;
}

bool reads_back(const std::string& markdown, const std::vector<Inline>& wanted, InHeading heading) {
  const auto read = read_markdown(heading == InHeading::kYes ? "# " + markdown : markdown);
  if (!read || read->children.size() != 1) return false;
  const RichNode& only = read->children.front();
  const NodeKind kind = heading == InHeading::kYes ? NodeKind::kHeading : NodeKind::kParagraph;
  return only.kind == kind && only.inlines == wanted;
}

}  // namespace

Result<std::string> markdown_of(const std::vector<Inline>& inlines, InHeading heading) {
  for (const Inline& part : inlines)
    if (!part.is_text() && !part.is_break())
      return fail(ErrorCode::kNoSuchForm, "Markdown has no '" + part.name + "'");
  if (inlines.empty() || is_plain(inlines))
    return inlines.empty() ? std::string() : inlines.front().text;
  const std::vector<Inline> wanted = without_nul(inlines);
  for (const Care care : kCares) {
    std::string markdown = InlineWriter(wanted, heading, care).write();
    if (reads_back(markdown, wanted, heading)) return markdown;
  }
  return fail(ErrorCode::kNoSuchForm, "Markdown cannot say this text");
}

}  // namespace syncline::forms
