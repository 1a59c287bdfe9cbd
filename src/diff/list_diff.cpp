#include "diff/list_diff.h"

namespace syncline::diff {
namespace {

std::vector<Token> tokens_of(std::span<const Element> list, Tokens& tokens) {
  std::vector<Token> all;
  all.reserve(list.size());
  for (const Element& element : list) all.push_back(tokens.of(element.same));
  return all;
}

bool is_paired(std::span<const Element> from, std::span<const Element> to, const Change& change) {
  if (change.old_count != change.new_count) return false;
  for (std::size_t i = 0; i < change.old_count; ++i) {
    const std::string& shape = from[change.old_at + i].shape;
    if (shape.empty() || shape != to[change.new_at + i].shape) return false;
  }
  return true;
}

}  // namespace

std::vector<ListStep> list_diff(std::span<const Element> from, std::span<const Element> to,
                                Effort effort) {
  Tokens tokens;
  const std::vector<Token> old_tokens = tokens_of(from, tokens);
  const std::vector<Token> new_tokens = tokens_of(to, tokens);
  std::vector<ListStep> steps;
  std::size_t x = 0;
  std::size_t y = 0;
  const auto stay_until = [&](std::size_t end) {
    while (x < end) steps.push_back({ListStep::kStays, x++, y++});
  };
  for (const Change& change : sequence_diff(old_tokens, new_tokens, effort)) {
    stay_until(change.old_at);
    if (is_paired(from, to, change)) {
      stay_until(x + change.old_count);
      continue;
    }
    for (std::size_t i = 0; i < change.old_count; ++i) steps.push_back({ListStep::kErase, x++, y});
    for (std::size_t i = 0; i < change.new_count; ++i) steps.push_back({ListStep::kInsert, x, y++});
  }
  stay_until(from.size());
  return steps;
}

}  // namespace syncline::diff
