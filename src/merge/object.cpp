#include "merge/object.h"

#include <utility>

namespace syncline::merge {

std::unexpected<Error> json_too_large(std::size_t most) {
  return fail(ErrorCode::kTooLarge, "as JSON, this is larger than " + std::to_string(most) +
                                        " bytes: ask for a part of it, or for the update");
}

Result<std::string> Object::to_json_within(std::size_t most) const {
  auto pieces = json_pieces(most);
  if (!pieces) return std::unexpected(std::move(pieces.error()));
  return all_of(**pieces);
}

Result<std::unique_ptr<Pieces>> Object::json_pieces(std::size_t most) const {
  return text_pieces(to_json(), most);
}

Result<std::unique_ptr<Pieces>> text_pieces(std::string text, std::size_t most) {
  if (text.size() > most) return json_too_large(most);
  auto pieces = std::make_unique<ListPieces>();
  pieces->add(std::move(text));
  return pieces;
}

Result<std::optional<Prepared>> Object::prepare_within(ByteView intent, std::uint64_t) const {
  auto prepared = prepare(intent);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  return std::move(*prepared);
}

std::shared_ptr<const Lineage> ObjectType::lineage(std::span<const ByteView>,
                                                   std::span<const std::uint64_t>) const {
  return nullptr;
}

std::uint64_t Object::weigh(ByteView, std::uint64_t) const {
  return 0;
}

}  // namespace syncline::merge
