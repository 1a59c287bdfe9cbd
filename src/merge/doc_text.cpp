#include "merge/doc_text.h"

#include <algorithm>
#include <ranges>

#include "base/utf8.h"
#include "crdt/engine.h"
#include "diff/text_diff.h"

namespace syncline::merge {
namespace {

// An edit of a formatted text walks over the text, so only so many places of it are edited one by one.
constexpr std::size_t kMostPlaces = 64;

std::string_view between(std::string_view text, std::size_t from, std::size_t to) {
  bool inside_pair = false;
  const std::size_t begin = utf16_offset(text, from, inside_pair);
  return text.substr(begin, utf16_offset(text, to, inside_pair) - begin);
}

// From the first place to the last, as one.
void join(std::vector<diff::TextChange>& changes, std::string_view wanted) {
  const diff::TextChange& last = changes.back();
  const auto begin = static_cast<std::size_t>(changes.front().inserted.data() - wanted.data());
  const auto end =
      static_cast<std::size_t>(last.inserted.data() + last.inserted.size() - wanted.data());
  const std::size_t at = changes.front().at;
  changes = {{.at = at,
              .erased = last.at + last.erased - at,
              .inserted = wanted.substr(begin, end - begin)}};
}

// Embeds between the characters stay.
Result<void> erase_characters(crdt::Text text, const FlatText& now, std::size_t from,
                              std::size_t to) {
  // From the end, so that the indices before stay right.
  while (to > from) {
    const std::uint32_t end = now.behind(to);
    // The run of characters without an embed that ends there.
    std::size_t low = from;
    std::size_t high = to - 1;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (end - now.of(middle) == to - middle)
        high = middle;
      else
        low = middle + 1;
    }
    const auto length = static_cast<std::uint32_t>(to - low);
    if (auto done = text.erase(end - length, length); !done) return done;
    to = low;
  }
  return {};
}

}  // namespace

FlatText::FlatText(const crdt::Text& text) {
  const crdt::Engine& engine = *text.engine();
  const crdt::Sequence& sequence = engine.type(text.index()).sequence;
  if (engine.is_deleted(text.index())) return;
  length_ = sequence.length;
  characters_.reserve(length_);
  std::uint32_t index = 0;
  for (crdt::Handle h = sequence.first; h != crdt::kNoItem; h = engine.store[h].right) {
    const crdt::Item& item = engine.store[h];
    if (item.visible() > 0 && item.kind() == crdt::BlockKind::kString)
      characters_ += engine.store.text(item);
    else
      for (std::uint32_t i = 0; i < item.visible(); ++i) embeds_.push_back(index + i);
    index += item.visible();
  }
}

std::uint32_t FlatText::behind(std::size_t offset) const {
  // The embed number k has its index less k characters before it.
  const auto before =
      std::ranges::partition_point(std::views::iota(std::size_t{0}, embeds_.size()),
                                   [&](std::size_t k) { return embeds_[k] - k < offset; });
  return static_cast<std::uint32_t>(offset + *before);
}

std::uint32_t FlatText::of(std::size_t offset) const {
  const auto before =
      std::ranges::partition_point(std::views::iota(std::size_t{0}, embeds_.size()),
                                   [&](std::size_t k) { return embeds_[k] - k <= offset; });
  return static_cast<std::uint32_t>(offset + *before);
}

std::size_t FlatText::offset_of(std::uint32_t index) const {
  const auto before = std::ranges::lower_bound(embeds_, index) - embeds_.begin();
  return index - static_cast<std::size_t>(before);
}

bool FlatText::is_border(std::uint32_t index) const {
  bool inside_pair = false;
  utf16_offset(characters_, offset_of(index), inside_pair);
  return !inside_pair;
}

Result<void> put_characters(crdt::Text text, const FlatText& now, std::size_t from, std::size_t to,
                            std::string_view wanted) {
  auto changes = diff::text_diff(between(now.characters(), from, to), wanted);
  const bool formatted = text.engine()->type(text.index()).sequence.formatted;
  if (formatted && changes.size() > kMostPlaces) join(changes, wanted);
  for (const diff::TextChange& change : changes | std::views::reverse) {
    const std::size_t at = from + change.at;
    if (auto done = erase_characters(text, now, at, at + change.erased); !done) return done;
    if (change.inserted.empty()) continue;
    if (auto done = text.insert(now.behind(at), change.inserted); !done) return done;
  }
  return {};
}

Result<void> put_text(crdt::Text text, std::string_view wanted) {
  const FlatText now(text);
  return put_characters(text, now, 0, utf16_length(now.characters()), wanted);
}

}  // namespace syncline::merge
