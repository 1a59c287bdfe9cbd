#include "merge/facets.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "merge/effect_codec.h"

namespace syncline::merge {
namespace {

std::unexpected<Error> no_facet(std::string_view what) {
  return fail(ErrorCode::kUnsupported, "objects of this type " + std::string(what));
}

}  // namespace

Result<Bytes> version_of(const Object& object) {
  const Replication* facet = object.replication();
  if (facet == nullptr) return no_facet("have no versions for replicas");
  return facet->version();
}

Result<Bytes> diff_since(const Object& object, ByteView version) {
  const Replication* facet = object.replication();
  return facet == nullptr ? no_facet("have no differences for replicas")
                          : facet->diff_since(version);
}

Result<std::optional<Waiting::Need>> next_need(const Object& object, ByteView waits_for,
                                               std::size_t& cursor) {
  const Waiting* facet = object.waiting();
  return facet == nullptr ? no_facet("have no changes that wait")
                          : facet->next_need(waits_for, cursor);
}

Result<std::unique_ptr<Pieces>> part_pieces(const Object& object, const Part& part,
                                            std::size_t most) {
  const Parts* facet = object.parts();
  return facet == nullptr ? no_facet("cannot be read in parts") : facet->part_pieces(part, most);
}

Result<std::unique_ptr<Pieces>> form_pieces(const Object& object, const forms::FormWish& wish,
                                            std::size_t most) {
  const Forms* facet = object.forms();
  if (facet == nullptr)
    return fail(ErrorCode::kNoSuchForm,
                "objects of this type have no form as " + std::string(to_string(wish.form)));
  return facet->form_pieces(wish, most);
}

Result<Bytes> change_to(const Object& object, Object& then, std::uint64_t replica) {
  const Restoring* facet = object.restoring();
  return facet == nullptr ? no_facet("cannot be restored") : facet->change_to(then, replica);
}

Result<Bytes> edit(const Object& object, const Edit& edit, std::uint64_t replica) {
  const Editing* facet = object.editing();
  return facet == nullptr ? no_facet("cannot be edited by content") : facet->edit(edit, replica);
}

Result<void> extend(Object& object, ByteView delta) {
  SnapshotDeltas* facet = object.snapshot_deltas();
  return facet == nullptr ? no_facet("have whole snapshots only") : facet->extend(delta);
}

std::vector<AttributedText> attributed_texts(const Object& object) {
  const Attribution* facet = object.attribution();
  return facet == nullptr ? std::vector<AttributedText>() : facet->attributed_texts();
}

Result<std::string> apply_and_tell(Object& object, ByteView recorded) {
  if (Telling* facet = object.telling()) return facet->apply_and_tell(recorded);
  if (auto applied = object.apply(recorded); !applied)
    return std::unexpected(std::move(applied.error()));
  return std::string(kNotTold);
}

void mark(Object& object) {
  if (SnapshotDeltas* facet = object.snapshot_deltas()) facet->mark();
}

std::optional<Bytes> delta_since_mark(const Object& object) {
  const SnapshotDeltas* facet = object.snapshot_deltas();
  return facet == nullptr ? std::nullopt : facet->delta_since_mark();
}

Result<bool> has_effect(const Object& object, ByteView recorded, ByteView stored) {
  const std::uint8_t version = effect_version(stored);
  if (version == kEffectVersion) {
    auto prepared = object.prepare(recorded);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    return std::ranges::equal(encode_effect(prepared->effect), stored);
  }
  const PastEffects* facet = object.past_effects();
  if (facet == nullptr || version > kEffectVersion)
    return fail(ErrorCode::kUnsupported,
                "its effect is of a version that this build does not know");
  auto found = facet->past_effect(recorded, version);
  if (!found) return std::unexpected(std::move(found.error()));
  return std::ranges::equal(*found, stored);
}

}  // namespace syncline::merge
