#include "forms/html_check.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "forms/inline_html.h"
#include "forms/xml_tree.h"

namespace syncline::forms {
namespace {

// Those that HTML closes by itself, or that have no content, are not counted.
constexpr std::string_view kCounted[] = {
    "h1",  "h2",   "h3",   "h4",   "h5",   "h6",      "ul",      "ol",     "blockquote", "pre",
    "div", "main", "span", "html", "body", "section", "article", "header", "footer",     "a"};
constexpr std::string_view kUncounted[] = {"p", "li", "hr", "br", "head", "meta", "img"};
constexpr std::string_view kTableParts[] = {"thead", "tbody", "tfoot", "tr", "colgroup", "col"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class TagCheck {
 public:
  explicit TagCheck(std::string_view html) : left_(html) {}

  Result<void> run() {
    while (skip_to_tag()) {
      if (left_.starts_with("<!--")) {
        skip_behind("-->", 4);
        continue;
      }
      const bool ends = left_.starts_with("</");
      left_.remove_prefix(ends ? 2 : 1);
      if (left_.empty() || !is_letter(left_.front())) {
        // A declaration or a comment of another form, or no tag at all.
        if (ends || left_.starts_with('!') || left_.starts_with('?')) skip_behind(">", 0);
        continue;
      }
      const std::string name = take_name();
      if (auto ok = ends ? end(name) : begin(name); !ok) return ok;
      skip_attributes();
      if (!ends && name == "title") skip_behind("</", 0);
    }
    return {};
  }

 private:
  bool skip_to_tag() {
    const auto at = left_.find('<');
    if (at == left_.npos) return false;
    left_.remove_prefix(at);
    return true;
  }

  void skip_behind(std::string_view end, std::size_t from) {
    const auto at = left_.find(end, from);
    left_.remove_prefix(at == left_.npos ? left_.size() : at + end.size());
  }

  std::string take_name() {
    const auto end = std::min(left_.find_first_of(" \t\n\r\f/>"), left_.size());
    std::string name(left_.substr(0, end));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    left_.remove_prefix(end);
    return name;
  }

  // A value in quotes may contain what would end the tag.
  void skip_attributes() {
    while (!left_.empty()) {
      const auto at = left_.find_first_of("=>");
      if (at == left_.npos || left_[at] == '>') return skip_behind(">", 0);
      left_.remove_prefix(at + 1);
      left_.remove_prefix(std::min(left_.find_first_not_of(" \t\n\r\f"), left_.size()));
      if (left_.starts_with('"') || left_.starts_with('\'')) skip_behind(left_.substr(0, 1), 1);
    }
  }

  // Where elements are open: the page, or the cells of a table.
  struct Scope {
    std::map<std::string, int> open = {};
    int count = 0;
    bool in_cell = false;  // of a table
  };

  bool in_table() const { return scopes_.size() > 1; }

  static std::unexpected<Error> not_in_table(const std::string& name) {
    return fail(ErrorCode::kUnprocessable, "a <" + name + "> has no table around it");
  }

  void end_cell() {
    all_open_ -= scopes_.back().count;
    scopes_.back() = {};
  }

  Result<void> begin(const std::string& name) {
    const bool cell = name == "td" || name == "th";
    if (cell || is_one_of(name, kTableParts)) {
      if (!in_table()) return not_in_table(name);
      end_cell();
      scopes_.back().in_cell = cell;
      return {};
    }
    if (in_table() && !scopes_.back().in_cell)
      return fail(ErrorCode::kUnprocessable, "a table has other content than rows");
    if (name == "table") {
      scopes_.emplace_back();
      return count_one();
    }
    if (name == "title" || is_one_of(name, kUncounted)) return {};
    if (!mark_of_tag(name) && !is_one_of(name, kCounted))
      return fail(ErrorCode::kUnprocessable, "no mapping has <" + name + ">");
    ++scopes_.back().open[name];
    ++scopes_.back().count;
    return count_one();
  }

  Result<void> count_one() {
    if (++all_open_ > kMaxNodeDepth)
      return fail(ErrorCode::kTooLarge, "elements are nested too deep, or not closed");
    return {};
  }

  Result<void> end(const std::string& name) {
    if (in_table() && (name == "td" || name == "th" || is_one_of(name, kTableParts))) {
      end_cell();
      return {};
    }
    if (in_table() && name == "table") {
      end_cell();
      scopes_.pop_back();
      --all_open_;
      return {};
    }
    const auto found = scopes_.back().open.find(name);
    if (found == scopes_.back().open.end() || found->second == 0) return {};
    --found->second;
    --scopes_.back().count;
    --all_open_;
    return {};
  }

  std::string_view left_;
  std::vector<Scope> scopes_{1};
  int all_open_ = 0;
};

}  // namespace

Result<void> check_tags(std::string_view html) {
  return TagCheck(html).run();
}

}  // namespace syncline::forms
