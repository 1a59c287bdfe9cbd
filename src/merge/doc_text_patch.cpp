// Operations on one text of a document, by index or by quoted context.
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "merge/doc_edit.h"
#include "merge/doc_place.h"
#include "merge/doc_text.h"

namespace syncline::merge {
namespace {

// Characters, in UTF-16 units without embeds.
struct Offsets {
  std::size_t from = 0;
  std::size_t to = 0;
};

constexpr std::size_t kMostCandidates = 1000;  // that are counted
constexpr std::size_t kShownOfQuote = 40;      // bytes

std::string shown_quote(std::string_view text) {
  if (text.size() <= kShownOfQuote) return fmt::format("\"{}\"", text);
  std::size_t end = kShownOfQuote;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return fmt::format("\"{}…\"", text.substr(0, end));
}

Result<Offsets> find_quote(std::string_view text, const Quote& quote) {
  // A quote with its context is searched as a whole, so that long common beginnings cost little.
  const std::string whole = quote.before + quote.text + quote.after;
  std::size_t found = text.npos;
  std::size_t candidates = 0;
  for (std::size_t at = text.find(whole); at != text.npos && candidates < kMostCandidates;
       at = text.find(whole, at + 1)) {
    found = at;
    ++candidates;
  }
  if (candidates == 1) {
    const std::size_t from = utf16_length(text.substr(0, found + quote.before.size()));
    return Offsets{from, from + utf16_length(quote.text)};
  }
  return fail(ErrorCode::kConflict,
              candidates == 0
                  ? fmt::format("{} is not in the text (0 candidates)", shown_quote(whole))
                  : fmt::format("{} is in the text {}{} times: quote more of what stands "
                                "before or after it ({} candidates)",
                                shown_quote(whole), candidates < kMostCandidates ? "" : "over ",
                                candidates, candidates));
}

Result<std::uint32_t> border(const FlatText& now, std::uint64_t index) {
  if (index > now.length())
    return fail(ErrorCode::kConflict,
                fmt::format("index {} is beyond the end of the text, which has {} UTF-16 units",
                            index, now.length()));
  const auto at = static_cast<std::uint32_t>(index);
  if (!now.is_border(at))
    return fail(ErrorCode::kInvalid,
                fmt::format("index {} is within a character of two UTF-16 units", index));
  return at;
}

Result<std::uint32_t> place_of(const FlatText& now, const TextPatch::Insert& insert) {
  if (const auto* index = std::get_if<std::uint64_t>(&insert.where)) return border(now, *index);
  if (std::holds_alternative<TextPatch::End>(insert.where)) return now.length();
  const auto* before = std::get_if<TextPatch::Before>(&insert.where);
  const auto found = find_quote(
      now.characters(),
      before != nullptr ? before->quote : std::get<TextPatch::After>(insert.where).quote);
  if (!found) return std::unexpected(found.error());
  return before != nullptr ? now.of(found->from) : now.behind(found->to);
}

Result<void> run_op(crdt::Text text, const TextPatch::Insert& insert) {
  const FlatText now(text);
  const auto at = place_of(now, insert);
  if (!at) return std::unexpected(at.error());
  return text.insert(*at, insert.text);
}

// A range by index contains the embeds in it, as an editor's selection does.
Result<void> replace_range(crdt::Text text, const FlatText& now, const TextPatch::Range& range,
                           std::string_view wanted) {
  const auto from = border(now, range.at);
  if (!from) return std::unexpected(from.error());
  const auto to = range.length > now.length() ? border(now, range.length)
                                              : border(now, range.at + range.length);
  if (!to) return std::unexpected(to.error());
  const std::size_t begin = now.offset_of(*from);
  const std::size_t end = now.offset_of(*to);
  if (end - begin == *to - *from) return put_characters(text, now, begin, end, wanted);
  if (auto done = text.erase(*from, *to - *from); !done) return done;
  return wanted.empty() ? Result<void>() : text.insert(*from, wanted);
}

Result<void> run_op(crdt::Text text, const TextPatch::Replace& replace) {
  const FlatText now(text);
  if (const auto* range = std::get_if<TextPatch::Range>(&replace.what))
    return replace_range(text, now, *range, replace.text);
  const auto found = find_quote(now.characters(), std::get<Quote>(replace.what));
  if (!found) return std::unexpected(found.error());
  return put_characters(text, now, found->from, found->to, replace.text);
}

}  // namespace

Result<void> make_edit(crdt::Doc& doc, const TextPatch& patch) {
  auto text = DocPlaces(doc).text(patch.text);
  if (!text) return std::unexpected(std::move(text.error()));
  for (std::size_t i = 0; i < patch.ops.size(); ++i) {
    auto done = std::visit([&](const auto& op) { return run_op(*text, op); }, patch.ops[i]);
    if (done) continue;
    done.error().message = fmt::format("operation {}: {}", i, done.error().message);
    return done;
  }
  return {};
}

}  // namespace syncline::merge
