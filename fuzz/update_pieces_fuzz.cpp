// Updates cut into pieces: applied one after the other, they give the document that the whole update gives.
#include "base/assert.h"
#include "migrate/document.h"
#include "migrate/update_pieces.h"
#include "syncline/crdt/doc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  if (size < 1) return 0;
  const std::size_t most = 60 + std::size_t{data[0]} * 4;
  const migrate::StoredUpdates stored{{Bytes(data + 1, data + size)}};
  const auto source = migrate::document_of(stored);
  if (!source) return 0;
  const auto pieces = migrate::cut_update(
      source->state, {.from = {}, .deleted = {}, .to = source->known, .max_bytes = most});
  if (!pieces) {
    // A value, or the names of a struct, may be larger than a piece.
    SYNCLINE_ASSERT(pieces.error().code == ErrorCode::kTooLarge);
    return 0;
  }
  crdt::Doc target({.client_id = 1, .gc = true, .guid = {}, .clean_formats = false});
  for (const Bytes& piece : *pieces) {
    const auto applied = target.apply_update(piece);
    SYNCLINE_ASSERT(applied && !applied->waiting);
  }
  SYNCLINE_ASSERT(target.state_vector() == source->known);
  SYNCLINE_ASSERT(target.delete_set() == source->deleted);
  // As text, because a NaN equals nothing.
  SYNCLINE_ASSERT(crdt::to_json(target.to_json()) == crdt::to_json(source->json));
  return 0;
}
