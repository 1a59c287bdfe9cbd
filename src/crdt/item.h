// Item: one struct of the document in memory: a run of elements that one client inserted, with its
// place among its neighbours. Also GC structs, of which only the ids are left.
//
// Items live in an arena without a heap block each; everything refers to them by 32-bit handles
// that stay valid until the item is merged into its left neighbour or the document ends. Freed
// handles are used again.
//
// Layout: 52 bytes. Clients and types are dense indices into their tables, names are interned.
// Content lies in the client's arenas (text_arena.h, value_arena.h), named by offset or index.
#pragma once

#include <cstdint>

#include "crdt/block.h"
#include "syncline/crdt/id.h"

namespace syncline::crdt {

using Handle = std::uint32_t;
inline constexpr Handle kNoItem = 0;

using ClientIndex = std::uint32_t;  // into ClientTable
inline constexpr ClientIndex kNoClient = 0xffffffff;
inline constexpr ClientIndex kMaxClients = (1u << 24) - 1;

using TypeIndex = std::uint32_t;  // into TypeTable
inline constexpr TypeIndex kNoType = 0xffffffff;

using KeyIndex = std::uint32_t;  // into KeyTable
inline constexpr KeyIndex kNoKey = 0xffffffff;

// An Id with its client's dense index.
struct DenseId {
  ClientIndex client = kNoClient;
  Clock clock = 0;

  bool exists() const { return client != kNoClient; }
  bool operator==(const DenseId&) const = default;
};

struct Item {
  std::uint32_t client : 24;
  std::uint32_t kind_bits : 4;
  std::uint32_t deleted : 1;
  std::uint32_t keep : 1;    // an undo manager wants its content: not collected
  std::uint32_t redone : 1;  // Store::redone names the item that brings it back
  std::uint32_t keyed : 1;   // under a key (map entry, attribute), not in the type's sequence

  Clock clock;
  Clock len;

  DenseId origin;        // last id of the left neighbour when it was inserted
  DenseId right_origin;  // first id of the right neighbour then

  Handle left;          // neighbours now, in the sequence or among the values of the key
  Handle right;         // (older values of a key are on the left)
  TypeIndex parent;     // the type that it is in
  std::uint32_t place;  // keyed: KeyIndex; else the leaf of the sequence's tree
  std::uint32_t
      content;          // kString: byte offset in the client's text arena; kType: TypeIndex; kAny,
                        // kJson, kBinary, kEmbed, kFormat, kDoc: first index in its value arena
  std::uint32_t bytes;  // kString: length in UTF-8; equal to `len` exactly if it is ASCII. kFormat:
                        // its name and whether it ends the attribute, as format_bytes() has it

  BlockKind kind() const { return static_cast<BlockKind>(kind_bits); }
  void set_kind(BlockKind kind) { kind_bits = static_cast<std::uint32_t>(kind) & 0xf; }
  bool is_gc() const { return kind() == BlockKind::kGc; }
  DenseId id() const { return {client, clock}; }
  DenseId last_id() const { return {client, clock + len - 1}; }
  Clock end() const { return clock + len; }
  KeyIndex key() const { return keyed ? place : kNoKey; }

  // kFormat: a name, null or not. The value itself has them too (value_arena.h), but farther away.
  static std::uint32_t format_bytes(KeyIndex key, bool is_null) {
    return key << 1 | (is_null ? 1 : 0);
  }
  KeyIndex format_key() const { return bytes >> 1; }
  bool ends_format() const { return (bytes & 1) != 0; }
  bool is_live_format() const { return kind() == BlockKind::kFormat && !deleted; }

  // Elements of this kind have indices in their sequence; formats and forgotten content have none.
  bool countable() const { return kind() > BlockKind::kDeleted && kind() != BlockKind::kFormat; }
  // Elements that are visible at an index now.
  Clock visible() const { return deleted || !countable() ? 0 : len; }
};
static_assert(sizeof(Item) == 52);

// Content held in a value arena, `len` entries from `content` on.
inline bool has_values(BlockKind kind) {
  return kind == BlockKind::kAny || kind == BlockKind::kJson || kind == BlockKind::kBinary ||
         kind == BlockKind::kEmbed || kind == BlockKind::kFormat || kind == BlockKind::kDoc;
}

}  // namespace syncline::crdt
