#include "merge/doc_part.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "crdt/json_pieces.h"
#include "merge/object.h"

namespace syncline::merge {
namespace {

using crdt::Any;

// The text between two positions in UTF-16 units.
std::string cut(std::string_view text, std::uint64_t from, std::uint64_t to) {
  bool splits_first = false;
  bool splits_last = false;
  const std::size_t begin = utf16_offset(text, from, splits_first);
  const std::size_t end = utf16_offset(text, to, splits_last);
  constexpr std::size_t kPairBytes = 4;  // of UTF-8
  const std::size_t first = splits_first ? begin + kPairBytes : begin;
  std::string out(splits_first ? kReplacementCharacter : "");
  if (first < end) out += text.substr(first, end - first);
  if (splits_last && end >= first) out += kReplacementCharacter;
  return out;
}

}  // namespace

Result<std::unique_ptr<Pieces>> part_pieces(crdt::Doc& doc, const Part& part, std::size_t most) {
  const auto told = [most](Any value) -> Result<std::unique_ptr<Pieces>> {
    auto pieces = crdt::JsonPieces::within(std::move(value), most);
    if (pieces == nullptr) return json_too_large(most);
    return pieces;
  };
  const auto root = doc.find_root(part.root);
  if (!root) return fail(ErrorCode::kNotFound, "there is no root type '" + part.root + "'");
  Any value = root->to_json();
  if (part.is_whole()) return told(std::move(value));
  if (const auto* text = std::get_if<std::string>(&value.value()))
    return told(Any(cut(*text, part.from, part.to)));
  const auto* list = std::get_if<Any::Array>(&value.value());
  if (list == nullptr)
    return fail(ErrorCode::kInvalid,
                "'" + part.root + "' is neither text nor list: it has no range");
  const auto at = [&](std::uint64_t index) {
    return list->begin() +
           static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(index, list->size()));
  };
  return told(Any(Any::Array(at(part.from), at(part.to))));
}

}  // namespace syncline::merge
