// Operations on one text of a document, by index or by quoted context.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

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

// The texts that a patch is about, as they are now.
struct PatchedTexts {
  explicit PatchedTexts(const TextsThere& there) : in_xml(there.in_xml), texts(there.texts) {
    for (const crdt::Text& text : texts) now.emplace_back(text);
  }

  const bool in_xml;
  const std::vector<crdt::Text>& texts;
  std::vector<FlatText> now;
};

struct FoundQuote {
  std::size_t text = 0;  // which one
  Offsets offsets;
};

// Whoever reads XML as lines of text quotes a context over their ends, where another text begins.
Quote within_line(Quote quote) {
  quote.before.erase(0, quote.before.rfind('\n') + 1);
  quote.after.erase(std::min(quote.after.find('\n'), quote.after.size()));
  return quote;
}

Result<FoundQuote> find_quote(const PatchedTexts& in, const Quote& given) {
  const Quote quote = in.in_xml ? within_line(given) : given;
  // A quote with its context is searched as a whole, so that long common beginnings cost little.
  const std::string whole = quote.before + quote.text + quote.after;
  FoundQuote found;
  std::size_t place = 0;
  std::size_t candidates = 0;
  for (std::size_t i = 0; i < in.now.size(); ++i) {
    const std::string_view text = in.now[i].characters();
    for (std::size_t at = text.find(whole); at != text.npos && candidates < kMostCandidates;
         at = text.find(whole, at + 1)) {
      found.text = i;
      place = at;
      ++candidates;
    }
  }
  if (candidates == 1) {
    const std::string_view text = in.now[found.text].characters();
    const std::size_t from = utf16_length(text.substr(0, place + quote.before.size()));
    found.offsets = {from, from + utf16_length(quote.text)};
    return found;
  }
  return fail(ErrorCode::kConflict,
              candidates == 0
                  ? fmt::format("{} is not in the text (0 candidates)", shown_quote(whole))
                  : fmt::format("{} is in the text {}{} times: quote more of what stands "
                                "before or after it ({} candidates)",
                                shown_quote(whole), candidates < kMostCandidates ? "" : "over ",
                                candidates, candidates));
}

Result<void> check_one_text(const PatchedTexts& in) {
  if (!in.in_xml) return {};
  return fail(ErrorCode::kConflict,
              "an index is a place in one text, and this is XML: quote what stands there");
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

struct InsertPlace {
  std::size_t text = 0;  // which one
  std::uint32_t at = 0;
};

Result<InsertPlace> place_of(const PatchedTexts& in, const TextPatch::Insert& insert) {
  const auto* before = std::get_if<TextPatch::Before>(&insert.where);
  const auto* after = std::get_if<TextPatch::After>(&insert.where);
  if (before != nullptr || after != nullptr) {
    const auto found = find_quote(in, before != nullptr ? before->quote : after->quote);
    if (!found) return std::unexpected(found.error());
    const FlatText& now = in.now[found->text];
    return InsertPlace{found->text, before != nullptr ? now.of(found->offsets.from)
                                                      : now.behind(found->offsets.to)};
  }
  if (auto ok = check_one_text(in); !ok) return std::unexpected(std::move(ok.error()));
  const FlatText& now = in.now.front();
  const auto* index = std::get_if<std::uint64_t>(&insert.where);
  const auto at = index == nullptr ? Result<std::uint32_t>(now.length()) : border(now, *index);
  if (!at) return std::unexpected(at.error());
  return InsertPlace{0, *at};
}

Result<void> run_op(const PatchedTexts& in, const TextPatch::Insert& insert) {
  const auto place = place_of(in, insert);
  if (!place) return std::unexpected(place.error());
  return crdt::Text(in.texts[place->text]).insert(place->at, insert.text);
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

Result<void> run_op(const PatchedTexts& in, const TextPatch::Replace& replace) {
  if (const auto* range = std::get_if<TextPatch::Range>(&replace.what)) {
    if (auto ok = check_one_text(in); !ok) return ok;
    return replace_range(in.texts.front(), in.now.front(), *range, replace.text);
  }
  const auto found = find_quote(in, std::get<Quote>(replace.what));
  if (!found) return std::unexpected(found.error());
  return put_characters(in.texts[found->text], in.now[found->text], found->offsets.from,
                        found->offsets.to, replace.text);
}

}  // namespace

Result<void> make_edit(crdt::Doc& doc, const TextPatch& patch) {
  const auto texts = DocPlaces(doc).texts(patch.text);
  if (!texts) return std::unexpected(texts.error());
  for (std::size_t i = 0; i < patch.ops.size(); ++i) {
    const PatchedTexts now(*texts);
    auto done = std::visit([&](const auto& op) { return run_op(now, op); }, patch.ops[i]);
    if (done) continue;
    done.error().message = fmt::format("operation {}: {}", i, done.error().message);
    return done;
  }
  return {};
}

}  // namespace syncline::merge
