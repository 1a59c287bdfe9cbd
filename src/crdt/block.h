// Block: one struct of an update, decoded. It is the narrow waist of the engine: the two update
// formats produce and consume blocks, and everything else works on blocks (engine, merge, diff,
// convert, inspect).
//
// A block owns no memory. Its names, text and values are views into the bytes of the update, or
// into the arena of the DecodedUpdate for data that had to be normalised. They are valid as long as
// both exist.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

// The content kinds of the Yjs update format; the numbers are on the wire.
enum class BlockKind : std::uint8_t {
  kGc = 0,       // an element without content and place, after garbage collection
  kDeleted = 1,  // an item without content
  kJson = 2,     // values, in a format of old Yjs versions
  kBinary = 3,
  kString = 4,
  kEmbed = 5,
  kFormat = 6,
  kType = 7,
  kAny = 8,
  kDoc = 9,
  kSkip = 10,  // clocks that this update does not contain
};

enum class ParentKind : std::uint8_t {
  kNone,  // the parent is that of the origin or right origin
  kRoot,  // a root type, by name
  kItem,  // a type inside the document, by the id of the item that holds it
};

// The info byte of a block on the wire: the kind in the low bits, and flags for the fields that
// follow.
inline constexpr std::uint8_t kKindBits = 0x1f;
inline constexpr std::uint8_t kHasParentSub = 0x20;
inline constexpr std::uint8_t kHasRightOrigin = 0x40;
inline constexpr std::uint8_t kHasOrigin = 0x80;

// A larger clock on the wire is refused.
inline constexpr std::uint64_t kMaxClock = std::numeric_limits<Clock>::max();

struct Block {
  BlockKind kind = BlockKind::kGc;
  ParentKind parent_kind = ParentKind::kNone;
  bool has_origin = false;
  bool has_right_origin = false;
  // Set for map entries and attributes. Yjs sets the flag on the wire even if parent_kind is kNone;
  // then parent_sub is empty here, and the block has the key of its neighbour.
  bool has_parent_sub = false;
  TypeKind type = TypeKind::kUndefined;  // kType

  ClientId client = 0;
  Clock clock = 0;
  Clock len =
      0;  // in clocks: UTF-16 units for kString, values for kAny and kJson, else 1 or a count

  Id origin;                     // last id of the left neighbour at the insertion
  Id right_origin;               // first id of the right neighbour at the insertion
  Id parent_id;                  // ParentKind::kItem
  std::string_view parent_name;  // ParentKind::kRoot
  std::string_view parent_sub;   // key in a map, or name of an attribute

  // kFormat: attribute name. kDoc: guid. kType: node name of kXmlElement and kXmlHook.
  std::string_view name;

  // kString: UTF-8, valid. kBinary: the bytes. kAny, kJson: `len` packed values, one after another.
  // kEmbed, kFormat, kDoc: one packed value.
  ByteView payload;

  Id id() const { return {client, clock}; }
  Id last_id() const { return {client, clock + len - 1}; }
  Clock end() const { return clock + len; }
  bool is_item() const { return kind != BlockKind::kGc && kind != BlockKind::kSkip; }
};

// All blocks of one update, and its delete set. The blocks of a client are consecutive and ascend
// by clock without gaps (a gap is a kSkip block).
struct DecodedUpdate {
  struct ClientBlocks {
    ClientId client;
    std::uint32_t first;  // index into blocks
    std::uint32_t count;
  };

  std::vector<Block> blocks;
  std::vector<ClientBlocks> clients;  // in the order of the update
  DeleteSet deletes;
  std::vector<std::unique_ptr<Bytes>> arena;  // the normalised data to which views refer
  std::vector<std::string_view> keys;         // scratch of the decoder: names seen in version 2

  void clear();  // keeps the memory of the vectors for the next update

  // Copies bytes into the arena.
  ByteView keep(ByteView bytes);
};

// Receives the blocks of an update one by one, for callers that do not need a list.
class BlockSink {
 public:
  // Called in the order of the update, not for empty blocks. The views in the block are valid as
  // long as the update and the DecodedUpdate. The block itself is reused for the next call.
  virtual void add(const Block& block) = 0;

 protected:
  ~BlockSink() = default;
};

// Limits of an update. A larger one is refused with kTooLarge. The defaults are generous for
// documents.
struct UpdateLimits {
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_blocks = std::size_t{1} << 26;
  // Version 2 writes equal blocks as a run, so a few bytes can claim any number of blocks. After
  // this many blocks, each further block must have a byte of its own in the update.
  std::size_t max_run_blocks = std::size_t{1} << 20;
};

// Decodes and validates a whole update into `out`, which is cleared first. It makes every check
// that needs no document: known kinds, valid UTF-8 and values, clocks within 32 bits, origins and
// parents before the block if they are of the same client, each client only once, no bytes after
// the end. After an error, `out` must not be used. Allocates in proportion to the update, never to
// a size that it claims.
//
// It is stricter than Yjs in three cases: Yjs drops the first of two lists of one client, ignores
// bytes after the end, and reads zeros from an exhausted column. No published encoder writes such
// updates, so they are treated as damage. It is as lenient as Yjs in others: it drops blocks and
// ranges of length zero and clients without blocks, and ignores the unused ends of columns. Half a
// surrogate pair, which can appear where a column of strings is cut, becomes U+FFFD.
Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           const UpdateLimits& limits = {});

// The same, but passes the blocks to `sink` instead of storing them in `out`. The sink may get
// blocks before a later part of the update fails. Then the caller must discard what it made of
// them.
Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           BlockSink& sink);

// Finds where to split a block's text: the byte offset of UTF-16 unit `units` in valid UTF-8. If
// this is inside a surrogate pair, sets `inside_pair` and returns the offset of the whole
// character.
std::size_t utf8_offset(std::string_view text, std::size_t units, bool& inside_pair);

}  // namespace syncline::crdt
