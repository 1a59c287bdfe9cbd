#include <algorithm>
#include <string>
#include <utility>

#include "base/mutation.h"
#include "crdt/engine.h"
#include "crdt/json_pieces.h"
#include "crdt/update_join.h"
#include "merge/doc_edit.h"
#include "merge/doc_effect.h"
#include "merge/doc_history.h"
#include "merge/doc_lineage.h"
#include "merge/doc_part.h"
#include "merge/doc_restore.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::merge {
namespace {

using crdt::UpdateVersion;

// The state that must be known before more of a waiting update can be applied. Empty if nothing
// waits.
crdt::StateVector needs_of(const crdt::Effect& effect) {
  crdt::StateVector needs = effect.waits_for;
  for (const auto& [client, clock] : effect.deletes_wait_for.clients()) needs.raise(client, clock);
  return needs;
}

Result<Prepared> prepared_with(crdt::Effect effect) {
  if (effect.contradiction) {
    return fail(ErrorCode::kConflict, "client id " + std::to_string(effect.contradiction->client) +
                                          " is in use by two replicas: they differ at clock " +
                                          std::to_string(effect.contradiction->clock));
  }
  Prepared prepared{.changes = effect.changes};
  if (effect.waits()) prepared.waits_for = crdt::encode_state_vector(needs_of(effect));
  prepared.effect = neutral_effect(std::move(effect));
  return prepared;
}

// Implements all of its facets itself.
class DocObject final : public Object,
                        private Replication,
                        private Waiting,
                        private Parts,
                        private Forms,
                        private Attribution,
                        private Restoring,
                        private Editing,
                        private Telling,
                        private SnapshotDeltas,
                        private PastEffects {
 public:
  // The document follows the log and makes no edits of its own. So it has no client id and cleans
  // no formats. Clients clean them, and their deletions are in the log.
  DocObject() : doc_({.clean_formats = false}) {}

  const ObjectType& type() const override { return doc_type(); }

  Result<Prepared> prepare(ByteView intent) const override {
    auto effect = doc_.prepare(intent, UpdateVersion::kV1);
    if (!effect) return std::unexpected(std::move(effect.error()));
    return prepared_with(std::move(*effect));
  }

  Result<std::optional<Prepared>> prepare_within(ByteView intent,
                                                 std::uint64_t steps) const override {
    auto effect = doc_.prepare_within(intent, steps, UpdateVersion::kV1);
    if (!effect) return std::unexpected(std::move(effect.error()));
    if (!*effect) return std::nullopt;
    return prepared_with(std::move(**effect));
  }

  std::uint64_t weigh(ByteView recorded, std::uint64_t most) const override {
    return doc_.engine().weigh(recorded, UpdateVersion::kV1, most).value_or(0);
  }

  Result<void> apply(ByteView recorded) override {
    auto applied = doc_.apply_update(recorded, UpdateVersion::kV1);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return {};
  }

  Bytes snapshot() const override { return doc_.encode_state_as_update({}, UpdateVersion::kV2); }
  std::string to_json() const override { return crdt::to_json(doc_.to_json()); }
  Result<std::unique_ptr<Pieces>> json_pieces(std::size_t most) const override {
    auto pieces = crdt::JsonPieces::within(doc_.to_json(), most);
    if (pieces == nullptr) return json_too_large(most);
    return pieces;
  }
  std::size_t memory_bytes() const override { return doc_.memory_bytes(); }
  void rest() override { doc_.engine().release_scratch(); }

  const Replication* replication() const override { return this; }
  const Waiting* waiting() const override { return this; }
  const Parts* parts() const override { return this; }
  const Forms* forms() const override { return this; }
  const Attribution* attribution() const override { return this; }
  const Restoring* restoring() const override { return this; }
  const Editing* editing() const override { return this; }
  const PastEffects* past_effects() const override { return this; }
  Telling* telling() override { return this; }
  SnapshotDeltas* snapshot_deltas() override { return this; }

  Result<void> restore(ByteView snapshot) {
    auto applied = doc_.apply_update(snapshot, UpdateVersion::kV2);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return {};
  }

 private:
  // ---- Replication
  Bytes version() const override { return crdt::encode_state_vector(doc_.state_vector()); }

  Result<Bytes> diff_since(ByteView version) const override {
    if (version.empty()) return doc_.encode_state_as_update();
    auto known = crdt::decode_state_vector(version);
    if (!known) return std::unexpected(std::move(known.error()));
    if (is_mutated(Mutation::diff_without_inserts)) known = doc_.state_vector();
    return doc_.encode_state_as_update(*known);
  }

  Bytes version_without(ByteView version, ByteView change) const override {
    auto known = crdt::decode_state_vector(version);
    const auto meta = crdt::update_meta(change, UpdateVersion::kV1);
    if (!known || !meta) return {};
    for (const auto& [client, ranges] : meta->inserts.clients())
      known->set(client, std::min(known->get(client), ranges.front().clock));
    return crdt::encode_state_vector(*known);
  }

  Bytes common_version(ByteView a, ByteView b) const override {
    const auto one = crdt::decode_state_vector(a);
    const auto other = crdt::decode_state_vector(b);
    if (!one || !other) return {};
    crdt::StateVector both;
    for (const auto& [client, clock] : one->clients())
      both.set(client, std::min(clock, other->get(client)));
    return crdt::encode_state_vector(both);
  }

  // ---- Waiting
  // A state vector: the number of clients, and the id and clock of each. The cursor is an offset.
  Result<std::optional<Need>> next_need(ByteView waits_for, std::size_t& cursor) const override {
    if (cursor > waits_for.size()) return fail(ErrorCode::kMalformed, "no such cursor");
    ByteReader in(waits_for.subspan(cursor));
    if (cursor == 0) in.var_uint();
    while (in.ok() && !in.at_end()) {
      cursor = waits_for.size() - in.remaining();
      const Need need{.source = in.var_uint(), .reach = in.var_uint()};
      if (in.ok() && doc_.engine().store.clients.state(need.source) < need.reach) return need;
    }
    if (!in.ok()) return fail(ErrorCode::kMalformed, "not what a change waits for");
    cursor = waits_for.size();
    return std::nullopt;
  }

  // ---- Parts, Forms, Attribution, Restoring
  Result<std::unique_ptr<Pieces>> part_pieces(const Part& part, std::size_t most) const override {
    return merge::part_pieces(doc_, part, most);
  }

  Result<std::unique_ptr<Pieces>> form_pieces(const forms::FormWish& wish,
                                              std::size_t most) const override {
    auto text = forms::write_form(doc_, wish, most);
    if (!text) return std::unexpected(std::move(text.error()));
    return text_pieces(std::move(*text), most);
  }

  std::vector<AttributedText> attributed_texts() const override {
    return merge::attributed_texts(doc_);
  }

  Result<Bytes> change_to(Object& then, std::uint64_t replica) const override {
    auto* other = dynamic_cast<DocObject*>(&then);
    if (other == nullptr) return fail(ErrorCode::kInvalid, "the past state is of another type");
    return restoring_update(doc_.encode_state_as_update(), other->doc_, replica);
  }

  // ---- Editing
  Result<Bytes> edit(const Edit& edit, std::uint64_t replica) const override {
    return editing_update(doc_.encode_state_as_update(), edit, replica);
  }

  // ---- Telling
  Result<std::string> apply_and_tell(ByteView recorded) override {
    std::string told = "[]";
    const auto token = doc_.on_transaction([&](const crdt::TransactionEvent& event) {
      if (!event.inserted.empty() || !event.deleted.empty()) told = changes_to_json(doc_, event);
    });
    auto applied = apply(recorded);
    doc_.off(token);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return told;
  }

  // ---- SnapshotDeltas
  void mark() override { doc_.engine().mark(); }

  std::optional<Bytes> delta_since_mark() const override {
    if (!doc_.engine().marked()) return std::nullopt;
    return doc_.engine().encode_since_mark(UpdateVersion::kV2);
  }

  // Gives the same document as a restore of a whole snapshot, struct by struct.
  Result<void> extend(ByteView delta) override {
    auto extended = restore(delta);
    if (extended) doc_.engine().merge_all();
    return extended;
  }

  // ---- PastEffects
  Result<Bytes> past_effect(ByteView recorded, std::uint8_t version) const override {
    if (version != 1) return fail(ErrorCode::kUnsupported, "no effect was ever of that version");
    auto effect = doc_.engine().prepare(recorded, UpdateVersion::kV1, crdt::EffectRules::kVersion1);
    if (!effect) return std::unexpected(std::move(effect.error()));
    return encode_effect_version1(*effect);
  }

  mutable crdt::Doc doc_;  // mutable: even handles that only read need a non-const document
};

class DocType : public ObjectType {
 public:
  std::string_view name() const override { return "doc"; }

  std::span<const std::string_view> faces() const override {
    static constexpr std::string_view kFaces[] = {"yjs"};
    return kFaces;
  }

  std::unique_ptr<Object> create() const override { return std::make_unique<DocObject>(); }

  Result<std::unique_ptr<Object>> restore(ByteView snapshot) const override {
    auto object = std::make_unique<DocObject>();
    if (auto restored = object->restore(snapshot); !restored) {
      return std::unexpected(std::move(restored.error()));
    }
    return object;
  }

  Result<std::vector<IdRange>> ids_of(ByteView intent) const override {
    auto meta = crdt::update_meta(intent, UpdateVersion::kV1);
    if (!meta) return std::unexpected(std::move(meta.error()));
    std::vector<IdRange> ids;
    for (const auto& [client, ranges] : meta->inserts.clients()) {
      for (const crdt::ClockRange& range : ranges) ids.push_back({client, range.clock, range.len});
    }
    return ids;
  }

  Result<Bytes> join(std::span<const ByteView> intents) const override {
    return crdt::join_updates(intents);
  }

  std::shared_ptr<const Lineage> lineage(std::span<const ByteView> versions,
                                         std::span<const std::uint64_t> seeds) const override {
    return doc_lineage(versions, seeds);
  }
};

}  // namespace

const ObjectType& doc_type() {
  static const DocType type;
  return type;
}

}  // namespace syncline::merge
