// Invariants for arbitrary bytes that are read as an update, in both versions.
#pragma once

#include "check.h"
#include "crdt/block.h"
#include "crdt/engine.h"
#include "crdt/update_rewrite.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {

inline void check_same_blocks(const DecodedUpdate& a, const DecodedUpdate& b) {
  FUZZ_CHECK(a.blocks.size() == b.blocks.size());
  FUZZ_CHECK(a.deletes == b.deletes);
  for (std::size_t i = 0; i < a.blocks.size(); ++i) {
    const Block& x = a.blocks[i];
    const Block& y = b.blocks[i];
    FUZZ_CHECK(x.kind == y.kind && x.id() == y.id() && x.len == y.len && x.type == y.type);
    FUZZ_CHECK(x.parent_kind == y.parent_kind && x.has_parent_sub == y.has_parent_sub);
    FUZZ_CHECK(x.has_origin == y.has_origin && x.origin == y.origin);
    FUZZ_CHECK(x.has_right_origin == y.has_right_origin && x.right_origin == y.right_origin);
    FUZZ_CHECK(x.parent_id == y.parent_id && x.parent_name == y.parent_name);
    FUZZ_CHECK(x.parent_sub == y.parent_sub && x.name == y.name);
  }
}

// Half of every client's clocks, so that the cut goes through blocks.
inline StateVector half_of(const DecodedUpdate& update) {
  StateVector state;
  for (const auto& client : update.clients) {
    const Clock first = update.blocks[client.first].clock;
    const Clock end = update.blocks[client.first + client.count - 1].end();
    state.set(client.client, first + (end - first) / 2);
  }
  return state;
}

inline Bytes there_and_back(ByteView update, UpdateVersion version) {
  const auto other = version == UpdateVersion::kV1 ? UpdateVersion::kV2 : UpdateVersion::kV1;
  const Result<Bytes> there = convert_update(update, version, other);
  FUZZ_CHECK(there);
  Result<Bytes> back = convert_update(*there, other, version);
  FUZZ_CHECK(back);
  return *std::move(back);
}

inline void check_without_document(ByteView bytes, const DecodedUpdate& update,
                                   UpdateVersion version) {
  // The two versions can hold different values (JSON has no NaN and no BigInt), so the first
  // conversions may lose some.
  const Bytes settled = there_and_back(there_and_back(bytes, version), version);
  FUZZ_CHECK(there_and_back(settled, version) == settled);

  const auto meta = update_meta(bytes, version);
  FUZZ_CHECK(meta);
  const ByteView twice[] = {bytes, settled, bytes};
  const auto merged = merge_updates(twice, version);
  FUZZ_CHECK(merged);
  const auto merged_meta = update_meta(*merged, version);
  FUZZ_CHECK(merged_meta && merged_meta->inserts == meta->inserts);
  FUZZ_CHECK(merged_meta->deletes == meta->deletes);
  FUZZ_CHECK(state_vector_of(*merged, version) == state_vector_of(bytes, version));

  const auto obfuscated = obfuscate_update(bytes, version);
  FUZZ_CHECK(obfuscated);
  const auto obfuscated_meta = update_meta(*obfuscated, version);
  FUZZ_CHECK(obfuscated_meta && obfuscated_meta->inserts == meta->inserts);
  FUZZ_CHECK(obfuscated_meta->deletes == meta->deletes);

  const auto half = diff_update(bytes, half_of(update), version);
  FUZZ_CHECK(half);
  FUZZ_CHECK(update_meta(*half, version));
}

// Bulk loading has the same result as applying struct by struct, which happens inside a
// transaction. So has finding places with an index.
inline void check_load(ByteView bytes, UpdateVersion version) {
  Doc at_once({.client_id = 1});
  Doc by_structs({.client_id = 1});
  const auto loaded = at_once.apply_update(bytes, version);
  by_structs.transact([&] {
    const auto applied = by_structs.apply_update(bytes, version);
    FUZZ_CHECK(loaded.has_value() == applied.has_value());
    FUZZ_CHECK(!loaded || loaded->waiting == applied->waiting);
  });
  FUZZ_CHECK(at_once.check());
  FUZZ_CHECK(at_once.encode_state_as_update() == by_structs.encode_state_as_update());
  Doc indexed({.client_id = 1});
  indexed.engine().scan_limits = {.few = 0, .patience = 0};
  indexed.transact(
      [&] { FUZZ_CHECK(indexed.apply_update(bytes, version).has_value() == loaded.has_value()); });
  FUZZ_CHECK(indexed.encode_state_as_update() == by_structs.encode_state_as_update());
  FUZZ_CHECK(indexed.to_json() == by_structs.to_json());
}

inline void check_update(ByteView bytes, UpdateVersion version) {
  UpdateLimits limits;
  limits.max_run_blocks = 4096;
  DecodedUpdate update;
  if (!decode_update(bytes, version, update, limits)) return;

  const Bytes written = rewrite(update, version);
  DecodedUpdate again;
  FUZZ_CHECK(decode_update(written, version, again));
  check_same_blocks(update, again);
  FUZZ_CHECK(rewrite(again, version) == written);
  check_without_document(bytes, update, version);
  check_load(bytes, version);
}

}  // namespace syncline::crdt
