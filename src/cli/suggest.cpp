#include "cli/suggest.h"

#include <algorithm>

namespace syncline::cli {
namespace {

constexpr std::size_t kMaxWordBytes = 64;

// Optimal string alignment distance (Damerau-Levenshtein without overlapping swaps).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

// The same first letter, and the other letters in order: "ls" of "list", "rm" of "remove".
bool abbreviates(std::string_view abbreviation, std::string_view word) {
  if (word.size() <= abbreviation.size() || abbreviation.size() < 2) return false;
  if (abbreviation.front() != word.front()) return false;
  for (const char letter : abbreviation) {
    const std::size_t at = word.find(letter);
    if (at == std::string_view::npos) return false;
    word.remove_prefix(at + 1);
  }
  return true;
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > kMaxWordBytes) return {};
  std::string best;
  std::size_t best_distance = word.size() <= 4 ? 2 : 3;  // a candidate at this distance is too far
  for (const std::string& candidate : candidates) {
    if (word.size() >= 3 && candidate.starts_with(word)) return candidate;
    const std::size_t d = distance(word, candidate);
    if (d < best_distance && d < candidate.size()) {
      best = candidate;
      best_distance = d;
    }
  }
  if (!best.empty()) return best;
  const auto shorter = std::ranges::find_if(
      candidates, [word](const std::string& candidate) { return abbreviates(candidate, word); });
  return shorter == candidates.end() ? "" : *shorter;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = closest(word, candidates);
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

}  // namespace syncline::cli
