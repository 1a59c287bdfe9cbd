#include "base/byte_writer.h"
#include "base/mutation.h"
#include "crdt/engine.h"
#include "crdt/update_writer.h"
#include "merge/doc_history.h"
#include "merge/doc_part.h"
#include "merge/doc_restore.h"
#include "merge/effect_codec.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::merge {
namespace {

using crdt::UpdateVersion;

class DocObject : public Object {
 public:
  // It is what the log says and edits nothing itself: no client id, and no formats cleaned. The
  // clients clean them, and what they delete is in the log.
  DocObject() : doc_({.clean_formats = false}) {}

  Result<Prepared> prepare(ByteView intent) const override {
    auto effect = doc_.prepare(intent, UpdateVersion::kV1);
    if (!effect) return std::unexpected(std::move(effect.error()));
    if (effect->contradiction) {
      return fail(ErrorCode::kConflict, "client id " +
                                            std::to_string(effect->contradiction->client) +
                                            " is in use by two replicas: they differ at clock " +
                                            std::to_string(effect->contradiction->clock));
    }
    const bool waits = !effect->waits_for.clients().empty() || effect->deletes_wait;
    return Prepared{.changes = effect->changes, .waits = waits, .effect = encode_effect(*effect)};
  }

  Result<void> apply(ByteView intent) override {
    auto applied = doc_.apply_update(intent, UpdateVersion::kV1);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return {};
  }

  Result<std::string> apply_and_tell(ByteView intent) override {
    std::string told = "[]";
    const auto token = doc_.on_transaction([&](const crdt::TransactionEvent& event) {
      if (!event.inserted.empty() || !event.deleted.empty()) told = changes_to_json(doc_, event);
    });
    auto applied = apply(intent);
    doc_.off(token);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return told;
  }

  std::vector<AttributedText> attributed_texts() override { return merge::attributed_texts(doc_); }

  Bytes version() const override { return crdt::encode_state_vector(doc_.state_vector()); }

  Result<Bytes> diff_since(ByteView version) const override {
    if (version.empty()) return doc_.encode_state_as_update();
    auto known = crdt::decode_state_vector(version);
    if (!known) return std::unexpected(std::move(known.error()));
    if (is_mutated(Mutation::diff_without_inserts)) known = doc_.state_vector();
    return doc_.encode_state_as_update(*known);
  }

  Result<Bytes> change_to(Object& then, std::uint64_t replica) const override {
    auto* other = dynamic_cast<DocObject*>(&then);
    if (other == nullptr) return fail(ErrorCode::kInvalid, "the past state is of another type");
    return restoring_update(doc_.encode_state_as_update(), other->doc_, replica);
  }

  Bytes snapshot() const override { return doc_.encode_state_as_update({}, UpdateVersion::kV2); }

  void mark() override { doc_.engine().mark(); }

  std::optional<Bytes> delta_since_mark() const override {
    if (!doc_.engine().marked()) return std::nullopt;
    return doc_.engine().encode_since_mark(UpdateVersion::kV2);
  }

  // To what a whole snapshot restores, struct by struct.
  Result<void> extend(ByteView delta) override {
    auto extended = restore(delta);
    if (extended) doc_.engine().merge_all();
    return extended;
  }

  std::string to_json() const override { return crdt::to_json(doc_.to_json()); }

  Result<std::string> part_to_json(const Part& part) const override {
    return merge::part_to_json(doc_, part);
  }

  std::size_t memory_bytes() const override { return doc_.memory_bytes(); }

  Result<void> restore(ByteView snapshot) {
    auto applied = doc_.apply_update(snapshot, UpdateVersion::kV2);
    if (!applied) return std::unexpected(std::move(applied.error()));
    return {};
  }

 private:
  mutable crdt::Doc
      doc_;  // handles, those that only read as well, are those of a document that changes
};

class DocType : public ObjectType {
 public:
  std::string_view name() const override { return "doc"; }

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
};

}  // namespace

const ObjectType& doc_type() {
  static const DocType type;
  return type;
}

}  // namespace syncline::merge
