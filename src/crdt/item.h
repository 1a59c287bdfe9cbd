// Item: one struct of the document in memory. It is a run of elements that one client inserted,
// with its place among its neighbours. GC structs, of which only the ids are left, are items, too.
//
// Items live in an arena, without a heap block each. Everything refers to them by 32-bit handles. A
// handle is valid until the item is merged into its left neighbour or the document is destroyed.
// Freed handles are reused.
//
// Layout: 52 bytes. Clients and types are dense indices into their tables, names are interned. The
// content is in the client's arenas (text_arena.h, value_arena.h); the item has its offset or
// index.
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

// An Id with the dense index of its client.
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
  std::uint32_t keep : 1;    // an undo manager needs its content: do not collect it
  std::uint32_t redone : 1;  // Store::redone names the item that replaces it
  std::uint32_t keyed : 1;   // has a key (map entry, attribute) and is not in the sequence

  Clock clock;
  Clock len;

  DenseId origin;        // last id of the left neighbour at the insertion
  DenseId right_origin;  // first id of the right neighbour at the insertion

  Handle left;          // present neighbours, in the sequence or among the values of the key
  Handle right;         // (older values of a key are on the left)
  TypeIndex parent;     // the type that contains it
  std::uint32_t place;  // keyed: KeyIndex; otherwise the leaf in the tree of the sequence
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

  // kFormat: the name, and whether the value is null. The entry in the value arena has both, too, but
  // it is farther away in memory.
  static std::uint32_t format_bytes(KeyIndex key, bool is_null) {
    return key << 1 | (is_null ? 1 : 0);
  }
  KeyIndex format_key() const { return bytes >> 1; }
  bool ends_format() const { return (bytes & 1) != 0; }
  bool is_live_format() const { return kind() == BlockKind::kFormat && !deleted; }

  // Elements of these kinds have an index in their sequence. Formats and forgotten content have
  // none.
  bool countable() const { return kind() > BlockKind::kDeleted && kind() != BlockKind::kFormat; }
  // The number of elements that have an index now.
  Clock visible() const { return deleted || !countable() ? 0 : len; }
};
static_assert(sizeof(Item) == 52);

// The content is in a value arena: `len` entries from `content` on.
inline bool has_values(BlockKind kind) {
  return kind == BlockKind::kAny || kind == BlockKind::kJson || kind == BlockKind::kBinary ||
         kind == BlockKind::kEmbed || kind == BlockKind::kFormat || kind == BlockKind::kDoc;
}

}  // namespace syncline::crdt
