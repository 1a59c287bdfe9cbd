// Updates without a document, snapshots and relative positions.
#include <memory>
#include <utility>
#include <vector>

#include "capi/doc_handle.h"
#include "syncline/crdt/relative_position.h"
#include "syncline/crdt/snapshot.h"
#include "syncline/crdt/updates.h"

using namespace syncline;
using namespace syncline::capi;

namespace {

template <typename T>
Result<void> give_encoded(const Result<T>& value, syncline_buffer* out, auto&& encode) {
  return value ? give(encode(*value), out) : std::unexpected(value.error());
}

Result<void> give(const Result<Bytes>& made, syncline_buffer* out) {
  return made ? capi::give(*made, out) : std::unexpected(made.error());
}

}  // namespace

extern "C" {

syncline_status syncline_update_merge(const std::uint8_t* const* updates, const std::size_t* sizes,
                                      std::size_t count, syncline_update_version version,
                                      syncline_buffer* merged, syncline_error* error) {
  if (merged != nullptr) *merged = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    if (count > 0 && (updates == nullptr || sizes == nullptr))
      return fail(ErrorCode::kInvalid, "no updates");
    std::vector<ByteView> views;
    for (std::size_t i = 0; i < count; ++i) views.push_back(bytes(updates[i], sizes[i]));
    return give(crdt::merge_updates(views, *known), merged);
  });
}

syncline_status syncline_update_diff(const std::uint8_t* update, std::size_t size,
                                     const std::uint8_t* state, std::size_t state_size,
                                     syncline_update_version version, syncline_buffer* diff,
                                     syncline_error* error) {
  if (diff != nullptr) *diff = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    const Result<crdt::StateVector> vector = crdt::decode_state_vector(bytes(state, state_size));
    if (!vector) return std::unexpected(vector.error());
    return give(crdt::diff_update(bytes(update, size), *vector, *known), diff);
  });
}

syncline_status syncline_update_convert(const std::uint8_t* update, std::size_t size,
                                        syncline_update_version from, syncline_update_version to,
                                        syncline_buffer* converted, syncline_error* error) {
  if (converted != nullptr) *converted = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> source = capi::version(from);
    const Result<crdt::UpdateVersion> target = capi::version(to);
    if (!source || !target) return fail(ErrorCode::kInvalid, "no such version of updates");
    return give(crdt::convert_update(bytes(update, size), *source, *target), converted);
  });
}

syncline_status syncline_update_obfuscate(const std::uint8_t* update, std::size_t size,
                                          syncline_update_version version,
                                          syncline_buffer* obfuscated, syncline_error* error) {
  if (obfuscated != nullptr) *obfuscated = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    return give(crdt::obfuscate_update(bytes(update, size), *known), obfuscated);
  });
}

syncline_status syncline_update_state_vector(const std::uint8_t* update, std::size_t size,
                                             syncline_update_version version,
                                             syncline_buffer* state, syncline_error* error) {
  if (state != nullptr) *state = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    return give_encoded(crdt::state_vector_of(bytes(update, size), *known), state,
                        [](const crdt::StateVector& v) { return crdt::encode_state_vector(v); });
  });
}

// ---- snapshots

syncline_status syncline_snapshot_take(const syncline_doc* doc, syncline_buffer* snapshot,
                                       syncline_error* error) {
  if (snapshot != nullptr) *snapshot = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    return capi::give(crdt::encode_snapshot(crdt::take_snapshot(**document)), snapshot);
  });
}

syncline_status syncline_snapshot_doc(const syncline_doc* doc, const std::uint8_t* snapshot,
                                      std::size_t size, std::uint64_t client_id,
                                      const syncline_doc_options* options, syncline_doc** past,
                                      syncline_error* error) {
  if (past != nullptr) *past = nullptr;
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    if (past == nullptr) return fail(ErrorCode::kInvalid, "no place for the document");
    const Result<crdt::Snapshot> state = crdt::decode_snapshot(bytes(snapshot, size));
    if (!state) return std::unexpected(state.error());
    Result<crdt::DocOptions> own = doc_options(client_id, options);
    if (!own) return std::unexpected(own.error());
    Result<crdt::Doc> made = crdt::doc_at(**document, *state, *std::move(own));
    if (!made) return std::unexpected(made.error());
    *past = std::make_unique<syncline_doc>(*std::move(made)).release();
    return {};
  });
}

syncline_status syncline_snapshot_contains(const std::uint8_t* snapshot, std::size_t size,
                                           const std::uint8_t* update, std::size_t update_size,
                                           syncline_update_version version, bool* contained,
                                           syncline_error* error) {
  if (contained != nullptr) *contained = false;
  return run(error, [&]() -> Result<void> {
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    const Result<crdt::Snapshot> state = crdt::decode_snapshot(bytes(snapshot, size));
    if (!state) return std::unexpected(state.error());
    const Result<bool> contains = crdt::contains_update(*state, bytes(update, update_size), *known);
    if (!contains) return std::unexpected(contains.error());
    if (contained != nullptr) *contained = *contains;
    return {};
  });
}

// ---- relative positions

syncline_status syncline_position_at(syncline_type handle, std::uint32_t index, std::int32_t assoc,
                                     syncline_buffer* position, syncline_error* error) {
  if (position != nullptr) *position = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Type> type = typed<crdt::Type>(handle);
    if (!type) return std::unexpected(type.error());
    return capi::give(crdt::encode_relative_position(crdt::relative_position(*type, index, assoc)),
                      position);
  });
}

syncline_status syncline_position_resolve(syncline_doc* doc, const std::uint8_t* position,
                                          std::size_t size, syncline_type* out,
                                          std::uint32_t* index, syncline_error* error) {
  if (out != nullptr) *out = {};
  if (index != nullptr) *index = 0;
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    const Result<crdt::RelativePosition> place =
        crdt::decode_relative_position(bytes(position, size));
    if (!place) return std::unexpected(place.error());
    const std::optional<crdt::AbsolutePosition> found = crdt::absolute_position(*place, **document);
    if (!found) return fail(ErrorCode::kNotFound, "the document does not know the place");
    if (out != nullptr) *out = type(found->type);
    if (index != nullptr) *index = found->index;
    return {};
  });
}

syncline_status syncline_position_to_json(const std::uint8_t* position, std::size_t size,
                                          syncline_buffer* json, syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    return give_encoded(crdt::decode_relative_position(bytes(position, size)), json,
                        [](const crdt::RelativePosition& p) { return crdt::to_json(p); });
  });
}

syncline_status syncline_position_from_json(const char* json, std::size_t size,
                                            syncline_buffer* position, syncline_error* error) {
  if (position != nullptr) *position = {};
  return run(error, [&]() -> Result<void> {
    const Result<std::string_view> valid = text(json, size);
    if (!valid) return std::unexpected(valid.error());
    return give_encoded(
        crdt::relative_position_from_json(*valid), position,
        [](const crdt::RelativePosition& p) { return crdt::encode_relative_position(p); });
  });
}

}  // extern "C"
