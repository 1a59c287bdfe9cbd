#include "merge/doc_part.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "crdt/json_pieces.h"
#include "merge/object.h"

namespace syncline::merge {

using crdt::Any;

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
    return told(Any(utf16_slice(*text, part.from, part.to)));
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
