#include "cli/doc/content_diff.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json.h"
#include "crdt/packed.h"

namespace syncline::cli {
namespace {

using crdt::Any;

void compare(const std::string& path, const Any& before, const Any& after,
             std::vector<Difference>& out);

// Myers' algorithm: for every number of edits, how far one can get on each diagonal. `trail` keeps
// the frontier before each edit, for walking back. Empty if there are more than kMaxEdits.
class EditPath {
 public:
  EditPath(const std::vector<std::string>& a, const std::vector<std::string>& b, std::size_t skip,
           std::size_t a_end, std::size_t b_end)
      : a_(a), b_(b), skip_(skip), n_(a_end - skip), m_(b_end - skip) {}

  // Marks the elements of each side that both have in common.
  bool mark(std::vector<bool>& a_common, std::vector<bool>& b_common) {
    if (!search()) return false;
    auto x = static_cast<std::ptrdiff_t>(n_);
    auto y = static_cast<std::ptrdiff_t>(m_);
    for (std::size_t d = trail_.size(); d-- > 0;) {
      const std::ptrdiff_t k = x - y;
      const bool down = goes_down(trail_[d], k, static_cast<std::ptrdiff_t>(d));
      const std::ptrdiff_t previous_k = down ? k + 1 : k - 1;
      const std::ptrdiff_t from_x = d == 0 ? 0 : at(trail_[d], previous_k);
      const std::ptrdiff_t from_y = d == 0 ? 0 : from_x - previous_k;
      while (x > from_x && y > from_y) {
        --x, --y;
        a_common[skip_ + static_cast<std::size_t>(x)] = true;
        b_common[skip_ + static_cast<std::size_t>(y)] = true;
      }
      x = from_x;
      y = from_y;
    }
    return true;
  }

 private:
  using Frontier = std::vector<std::ptrdiff_t>;

  // Diagonals run from -d to d. The index of diagonal k is k + size / 2.
  static std::ptrdiff_t& at(Frontier& frontier, std::ptrdiff_t k) {
    return frontier[static_cast<std::size_t>(k + static_cast<std::ptrdiff_t>(frontier.size() / 2))];
  }

  static bool goes_down(Frontier& frontier, std::ptrdiff_t k, std::ptrdiff_t d) {
    if (k == -d) return true;
    return k != d && at(frontier, k - 1) < at(frontier, k + 1);
  }

  bool search() {
    const std::size_t most = std::min(n_ + m_, kMaxEdits);
    Frontier frontier(3);
    for (std::size_t d = 0; d <= most; ++d) {
      // As wide as this round needs: diagonals -d-1 … d+1.
      Frontier wider(2 * d + 3);
      std::copy(frontier.begin(), frontier.end(),
                wider.begin() + static_cast<std::ptrdiff_t>((wider.size() - frontier.size()) / 2));
      frontier = std::move(wider);
      trail_.push_back(frontier);
      if (round(frontier, static_cast<std::ptrdiff_t>(d))) return true;
    }
    return false;
  }

  bool round(Frontier& frontier, std::ptrdiff_t d) {
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      std::ptrdiff_t x = goes_down(frontier, k, d) ? at(frontier, k + 1) : at(frontier, k - 1) + 1;
      if (d == 0) x = 0;
      std::ptrdiff_t y = x - k;
      while (x < static_cast<std::ptrdiff_t>(n_) && y < static_cast<std::ptrdiff_t>(m_) &&
             a_[skip_ + static_cast<std::size_t>(x)] == b_[skip_ + static_cast<std::size_t>(y)]) {
        ++x, ++y;
      }
      at(frontier, k) = x;
      if (x >= static_cast<std::ptrdiff_t>(n_) && y >= static_cast<std::ptrdiff_t>(m_)) return true;
    }
    return false;
  }

  const std::vector<std::string>& a_;
  const std::vector<std::string>& b_;
  std::size_t skip_;
  std::size_t n_;
  std::size_t m_;
  std::vector<Frontier> trail_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  lines.push_back(text.substr(begin));
  return lines;
}

std::vector<LineChange> line_changes(const std::string& before, const std::string& after) {
  const std::vector<std::string> old_lines = lines_of(before);
  const std::vector<std::string> new_lines = lines_of(after);
  std::vector<LineChange> changes;
  for (const Run& run : match(old_lines, new_lines)) {
    LineChange change{.old_line = run.old_begin + 1, .new_line = run.new_begin + 1};
    for (std::size_t i = run.old_begin; i < run.old_end; ++i)
      change.removed.push_back(old_lines[i]);
    for (std::size_t i = run.new_begin; i < run.new_end; ++i) change.added.push_back(new_lines[i]);
    changes.push_back(std::move(change));
  }
  return changes;
}

// "a.b", or "a["b c"]" if the key is not a plain word.
std::string member_path(const std::string& path, const std::string& key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c >= 0x80;
  });
  if (!plain) return fmt::format("{}[{}]", path, compact_json(Any(key)));
  return path.empty() ? key : path + "." + key;
}

std::string element_path(const std::string& path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

void compare_objects(const std::string& path, const Any& before, const Any& after,
                     std::vector<Difference>& out) {
  for (const auto& [key, value] : std::get<Any::Object>(before.value())) {
    if (const Any* other = after.find(key)) {
      compare(member_path(path, key), value, *other, out);
    } else {
      out.push_back({member_path(path, key), value, std::nullopt, {}});
    }
  }
  for (const auto& [key, value] : std::get<Any::Object>(after.value())) {
    if (before.find(key) == nullptr)
      out.push_back({member_path(path, key), std::nullopt, value, {}});
  }
}

std::vector<std::string> fingerprints(const Any::Array& array) {
  std::vector<std::string> prints;
  for (const Any& element : array) {
    const Bytes packed = crdt::pack(element);
    prints.emplace_back(as_text(packed));
  }
  return prints;
}

void compare_arrays(const std::string& path, const Any::Array& before, const Any::Array& after,
                    std::vector<Difference>& out) {
  for (const Run& run : match(fingerprints(before), fingerprints(after))) {
    std::size_t i = run.old_begin;
    std::size_t j = run.new_begin;
    for (; i < run.old_end && j < run.new_end; ++i, ++j)
      compare(element_path(path, j), before[i], after[j], out);
    for (; i < run.old_end; ++i)
      out.push_back({element_path(path, i), before[i], std::nullopt, {}});
    for (; j < run.new_end; ++j) out.push_back({element_path(path, j), std::nullopt, after[j], {}});
  }
}

void compare(const std::string& path, const Any& before, const Any& after,
             std::vector<Difference>& out) {
  if (before == after) return;
  if (before.value().index() == after.value().index()) {
    if (std::holds_alternative<Any::Object>(before.value()))
      return compare_objects(path, before, after, out);
    if (const auto* array = std::get_if<Any::Array>(&before.value()))
      return compare_arrays(path, *array, std::get<Any::Array>(after.value()), out);
    if (const auto* text = std::get_if<std::string>(&before.value())) {
      const auto& other = std::get<std::string>(after.value());
      const bool long_text = text->find('\n') != text->npos || other.find('\n') != other.npos;
      out.push_back({path, before, after, {}});
      if (long_text) out.back().lines = line_changes(*text, other);
      return;
    }
  }
  out.push_back({path, before, after, {}});
}

}  // namespace

std::vector<Run> match(const std::vector<std::string>& before,
                       const std::vector<std::string>& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t old_end = before.size();
  std::size_t new_end = after.size();
  while (old_end > head && new_end > head && before[old_end - 1] == after[new_end - 1])
    --old_end, --new_end;
  std::vector<bool> old_common(before.size());
  std::vector<bool> new_common(after.size());
  if (head < old_end && head < new_end)
    EditPath(before, after, head, old_end, new_end).mark(old_common, new_common);

  std::vector<Run> runs;
  std::size_t i = head;
  std::size_t j = head;
  while (i < old_end || j < new_end) {
    const Run run{i, i, j, j};
    while (i < old_end && !old_common[i]) ++i;
    while (j < new_end && !new_common[j]) ++j;
    if (i > run.old_begin || j > run.new_begin)
      runs.push_back({run.old_begin, i, run.new_begin, j});
    while (i < old_end && j < new_end && old_common[i] && new_common[j]) ++i, ++j;
  }
  return runs;
}

std::vector<Difference> difference_of(const Any& before, const Any& after) {
  std::vector<Difference> differences;
  compare("", before, after, differences);
  return differences;
}

}  // namespace syncline::cli
