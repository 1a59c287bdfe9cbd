#include "forms/node_edit.h"

#include <algorithm>
#include <span>
#include <utility>

#include "crdt/engine.h"
#include "forms/block_id.h"
#include "forms/text_edit.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;
using diff::Token;

// So many pairs of nodes are compared word by word where nodes in a row differ.
constexpr std::size_t kMostComparedPairs = 4096;

void add_key(std::string& key, Token token) {
  key.append(reinterpret_cast<const char*>(&token), sizeof token);
}

void add_key(std::string& key, std::string_view part) {
  add_key(key, static_cast<Token>(part.size()));
  key += part;
}

void add_key(std::string& key, const Attributes& attributes) {
  add_key(key, attributes.empty()
                   ? std::string()
                   : crdt::to_json(Any(Any::Object(attributes.begin(), attributes.end()))));
}

// The share of words that two sorted lists have in common, from 0 to 1. Two empty lists have all in common.
double likeness(std::span<const Token> a, std::span<const Token> b) {
  if (a.empty() && b.empty()) return 1;
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j])
      ++common, ++i, ++j;
    else if (a[i] < b[j])
      ++i;
    else
      ++j;
  }
  return 2.0 * static_cast<double>(common) / static_cast<double>(a.size() + b.size());
}

bool may_become(const XmlNode& now, const XmlNode& wanted) {
  return now.name == wanted.name;
}

}  // namespace

Token NodePlanner::intern(std::string key) {
  return numbers_.try_emplace(std::move(key), static_cast<Token>(numbers_.size())).first->second;
}

// Neighbouring texts count as one, because nobody can see where one ends.
Token NodePlanner::number_of_text(const XmlNode& parent, std::size_t from, std::size_t to) {
  std::string key = "T";
  std::string text;
  Attributes formats;
  for (std::size_t i = from; i < to; ++i) {
    for (const Run& run : parent.children[i].runs) {
      Attributes known = known_formats(mapping_, run.formats, false);
      if (!text.empty() && known != formats) {
        add_key(key, std::exchange(text, {}));
        add_key(key, formats);
      }
      text += run.text;
      formats = std::move(known);
    }
  }
  add_key(key, text);
  if (!text.empty()) add_key(key, formats);
  return intern(std::move(key));
}

NodePlanner::Seen NodePlanner::see(const XmlNode& node) {
  Seen seen{&node, 0};
  seen.children.reserve(node.children.size());
  std::string key = "E";
  add_key(key, node.name);
  add_key(key, known_attributes(mapping_, node));
  for (std::size_t i = 0; i < node.children.size();) {
    const std::size_t begin = i;
    bool blank = true;
    for (; i < node.children.size() && node.children[i].is_text(); ++i) {
      blank = blank && node.children[i].runs.empty();
      seen.children.push_back({&node.children[i], number_of_text(node, i, i + 1)});
    }
    if (!blank)
      add_key(key, i == begin + 1 ? seen.children.back().token : number_of_text(node, begin, i));
    if (i > begin) continue;
    seen.children.push_back(see(node.children[i++]));
    add_key(key, seen.children.back().token);
  }
  seen.token = intern(std::move(key));
  return seen;
}

void NodePlanner::add_words(const Seen& seen, std::vector<Token>& words) {
  for (const Run& run : seen.node->runs) {
    std::string_view text = run.text;
    while (!text.empty()) {
      const auto end = std::min(text.find_first_of(" \t\n.,;:()"), text.size());
      if (end > 0) words.push_back(intern("W" + std::string(text.substr(0, end))));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  for (const Seen& child : seen.children) add_words(child, words);
}

std::vector<Token> NodePlanner::words_of(const Seen& seen) {
  std::vector<Token> words;
  add_words(seen, words);
  std::ranges::sort(words);
  return words;
}

// True only for nodes that have equal tokens; false says nothing.
bool NodePlanner::same(const XmlNode& now, const XmlNode& wanted) const {
  if (now.name != wanted.name || now.children.size() != wanted.children.size() ||
      now.runs.size() != wanted.runs.size())
    return false;
  if (now.attributes != wanted.attributes &&
      known_attributes(mapping_, now) != known_attributes(mapping_, wanted))
    return false;
  const auto same_run = [&](const Run& a, const Run& b) {
    return a.text == b.text && a.embed == b.embed &&
           (a.formats == b.formats ||
            known_formats(mapping_, a.formats, false) == known_formats(mapping_, b.formats, false));
  };
  return std::ranges::equal(now.runs, wanted.runs, same_run) &&
         std::ranges::equal(now.children, wanted.children,
                            [&](const XmlNode& a, const XmlNode& b) { return same(a, b); });
}

// Most of a document is as it was: numbers are given only to what stands between the first and the last difference.
Result<NodeEdit> NodePlanner::plan(const XmlNode& now, const XmlNode& wanted) {
  const std::size_t most = std::min(now.children.size(), wanted.children.size());
  std::size_t first = 0;
  while (first < most && same(now.children[first], wanted.children[first])) ++first;
  std::size_t last = 0;
  while (last < most - first && same(now.children[now.children.size() - 1 - last],
                                     wanted.children[wanted.children.size() - 1 - last]))
    ++last;
  const Seen old_seen = see_children(now, first, now.children.size() - last);
  const Seen new_seen = see_children(wanted, first, wanted.children.size() - last);
  auto between = compare(old_seen, new_seen);
  if (!between || between->steps.empty()) return between;
  NodeEdit edit;
  for (std::size_t at = 0; at < first; ++at) edit.steps.push_back({NodeEdit::Step::kStays, at, at});
  for (NodeEdit::Step& step : between->steps) {
    step.old_at += first;
    step.new_at += first;
    edit.steps.push_back(std::move(step));
  }
  return edit;
}

// Those of a node in a row, under a node that stands for it.
NodePlanner::Seen NodePlanner::see_children(const XmlNode& node, std::size_t from, std::size_t to) {
  Seen seen{&node, 0};
  for (std::size_t i = from; i < to; ++i)
    seen.children.push_back(node.children[i].is_text()
                                ? Seen{&node.children[i], number_of_text(node, i, i + 1)}
                                : see(node.children[i]));
  return seen;
}

Result<NodeEdit> NodePlanner::compare(const Seen& now, const Seen& wanted) {
  std::vector<Token> old_tokens;
  std::vector<Token> new_tokens;
  for (const Seen& child : now.children) old_tokens.push_back(child.token);
  for (const Seen& child : wanted.children) new_tokens.push_back(child.token);
  NodeEdit edit;
  std::size_t old_at = 0;
  std::size_t new_at = 0;
  for (const diff::Change& change : diff::sequence_diff(old_tokens, new_tokens)) {
    for (; old_at < change.old_at; ++old_at, ++new_at)
      edit.steps.push_back({NodeEdit::Step::kStays, old_at, new_at});
    if (auto ok = replace(now, wanted, change, edit); !ok)
      return std::unexpected(std::move(ok.error()));
    old_at += change.old_count;
    new_at += change.new_count;
  }
  return edit;
}

Result<void> NodePlanner::replace(const Seen& now, const Seen& wanted, const diff::Change& change,
                                  NodeEdit& edit) {
  std::size_t old_at = change.old_at;
  std::size_t new_at = change.new_at;
  const auto until = [&](std::size_t old_end, std::size_t new_end) -> Result<void> {
    for (; old_at < old_end; ++old_at) edit.steps.push_back({NodeEdit::Step::kErase, old_at});
    for (; new_at < new_end; ++new_at) {
      if (auto ok = check_new(*wanted.children[new_at].node); !ok) return ok;
      edit.steps.push_back({NodeEdit::Step::kInsert, 0, new_at});
    }
    return {};
  };
  for (const auto& [old_end, new_end] : pairs(now, wanted, change)) {
    if (auto ok = until(old_end, new_end); !ok) return ok;
    auto inside = compare(now.children[old_at], wanted.children[new_at]);
    if (!inside) return std::unexpected(std::move(inside.error()));
    edit.steps.push_back({NodeEdit::Step::kStays, old_at++, new_at++,
                          std::make_unique<NodeEdit>(std::move(*inside))});
  }
  return until(change.old_at + change.old_count, change.new_at + change.new_count);
}

// The pairs, in order, that have the most words in common together.
std::vector<std::pair<std::size_t, std::size_t>> NodePlanner::pairs(const Seen& now,
                                                                    const Seen& wanted,
                                                                    const diff::Change& change) {
  const std::size_t n = change.old_count;
  const std::size_t m = change.new_count;
  const auto old_node = [&](std::size_t i) -> const Seen& {
    return now.children[change.old_at + i];
  };
  const auto new_node = [&](std::size_t j) -> const Seen& {
    return wanted.children[change.new_at + j];
  };
  std::vector<std::pair<std::size_t, std::size_t>> found;
  if (n * m > kMostComparedPairs) {
    for (std::size_t i = 0, j = 0; i < n && j < m; ++i, ++j)
      if (may_become(*old_node(i).node, *new_node(j).node))
        found.emplace_back(change.old_at + i, change.new_at + j);
    return found;
  }
  std::vector<std::vector<Token>> old_words;
  std::vector<std::vector<Token>> new_words;
  for (std::size_t i = 0; i < n; ++i) old_words.push_back(words_of(old_node(i)));
  for (std::size_t j = 0; j < m; ++j) new_words.push_back(words_of(new_node(j)));
  constexpr double kSameName = 0.01;  // better than nothing
  const auto worth = [&](std::size_t i, std::size_t j) {
    return may_become(*old_node(i).node, *new_node(j).node)
               ? kSameName + likeness(old_words[i], new_words[j])
               : 0.0;
  };
  // best[i][j]: of the nodes from i and j on.
  std::vector<std::vector<double>> best(n + 1, std::vector<double>(m + 1));
  std::vector<std::vector<double>> worths(n, std::vector<double>(m));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = m; j-- > 0;) {
      worths[i][j] = worth(i, j);
      const double paired = worths[i][j] > 0 ? worths[i][j] + best[i + 1][j + 1] : 0.0;
      best[i][j] = std::max({paired, best[i + 1][j], best[i][j + 1]});
    }
  }
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    const bool paired = worths[i][j] > 0 && best[i][j] == worths[i][j] + best[i + 1][j + 1];
    if (paired)
      found.emplace_back(change.old_at + i++, change.new_at + j++);
    else if (best[i][j] == best[i + 1][j])
      ++i;
    else
      ++j;
  }
  return found;
}

Result<void> NodePlanner::check_new(const XmlNode& node) const {
  const bool container = mapping_.shape == Shape::kContainers && is_container(node.name);
  const bool known = node.is_text() || container || node.name == mapping_.line_break ||
                     mapping_.find_element(node.name) != nullptr;
  if (!known)
    return fail(ErrorCode::kUnprocessable, "the document has no such '" + node.name +
                                               "', and the mapping " + std::string(mapping_.name) +
                                               " does not know it");
  for (const XmlNode& child : node.children)
    if (auto ok = check_new(child); !ok) return ok;
  return {};
}

// ---- making the edits

namespace {

Result<void> insert_node(crdt::XmlFragment parent, std::uint32_t at, const XmlNode& node) {
  if (node.is_text()) {
    auto text = parent.insert_text(at);
    if (!text) return std::unexpected(std::move(text.error()));
    std::uint32_t end = 0;
    for (const Run& run : node.runs) {
      if (auto ok = text->insert(end, run.text, run.formats); !ok) return ok;
      end = text->length();
    }
    return {};
  }
  auto element = parent.insert_element(at, node.name);
  if (!element) return std::unexpected(std::move(element.error()));
  for (const auto& [name, value] : node.attributes)
    if (auto ok = element->set_attribute(name, value); !ok) return ok;
  if (needs_id(node.name))
    if (auto ok = element->set_attribute("id", Any(new_block_id(*parent.engine()))); !ok) return ok;
  for (std::uint32_t i = 0; i < node.children.size(); ++i)
    if (auto ok = insert_node(*element, i, node.children[i]); !ok) return ok;
  return {};
}

Result<void> edit_attributes(const Mapping& mapping, const XmlNode& now, const XmlNode& wanted,
                             crdt::XmlElement element) {
  const Attributes old_known = known_attributes(mapping, now);
  for (const auto& [name, value] : known_attributes(mapping, wanted)) {
    if (*find_value(old_known, name) == value) continue;
    const Any* raw = find_value(wanted.attributes, name);
    auto ok = raw == nullptr ? element.remove_attribute(name) : element.set_attribute(name, *raw);
    if (!ok) return ok;
  }
  return {};
}

Result<void> edit_node(const Mapping& mapping, const NodeEdit& edit, const XmlNode& now,
                       const XmlNode& wanted, const crdt::Type& type) {
  if (now.is_text()) {
    const crdt::Delta delta = text_edit(mapping, now.runs, wanted.runs);
    return delta.empty() ? Result<void>() : crdt::as<crdt::Text>(type).apply_delta(delta);
  }
  if (auto ok = edit_attributes(mapping, now, wanted, crdt::as<crdt::XmlElement>(type)); !ok)
    return ok;
  return apply_edit(mapping, edit, now, wanted, crdt::as<crdt::XmlFragment>(type));
}

}  // namespace

Result<void> apply_edit(const Mapping& mapping, const NodeEdit& edit, const XmlNode& now,
                        const XmlNode& wanted, crdt::XmlFragment parent) {
  std::uint32_t at = 0;
  for (const NodeEdit::Step& step : edit.steps) {
    Result<void> ok;
    if (step.kind == NodeEdit::Step::kErase) {
      ok = parent.erase(at);
    } else if (step.kind == NodeEdit::Step::kInsert) {
      ok = insert_node(parent, at++, wanted.children[step.new_at]);
    } else if (step.inside != nullptr) {
      ok = edit_node(mapping, *step.inside, now.children[step.old_at], wanted.children[step.new_at],
                     *parent.get(at++));
    } else {
      ++at;
    }
    if (!ok) return ok;
  }
  return {};
}

}  // namespace syncline::forms
