// Block: one struct of an update, decoded. The waist between the two update formats on one side and
// everything that works on updates (engine, merge, diff, convert, inspect) on the other.
//
// A block holds no memory of its own: names, text and values are views into the update's bytes, or
// into the DecodedUpdate's arena where they had to be normalised. They live as long as both.
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

// Content references of the Yjs update format; the numbers are on the wire.
enum class BlockKind : std::uint8_t {
  kGc = 0,       // an element whose content and place are forgotten
  kDeleted = 1,  // an item whose content is forgotten
  kJson = 2,     // values, in the format of old Yjs
  kBinary = 3,
  kString = 4,
  kEmbed = 5,
  kFormat = 6,
  kType = 7,
  kAny = 8,
  kDoc = 9,
  kSkip = 10,  // clocks that this update does not hold
};

enum class ParentKind : std::uint8_t {
  kNone,  // taken from the origin or right origin
  kRoot,  // a root type, by name
  kItem,  // a type inside the document, by the id of the item that holds it
};

// Of a block's info byte on the wire: its kind in the low bits, and which fields follow.
inline constexpr std::uint8_t kKindBits = 0x1f;
inline constexpr std::uint8_t kHasParentSub = 0x20;
inline constexpr std::uint8_t kHasRightOrigin = 0x40;
inline constexpr std::uint8_t kHasOrigin = 0x80;

// No clock on the wire may be larger.
inline constexpr std::uint64_t kMaxClock = std::numeric_limits<Clock>::max();

struct Block {
  BlockKind kind = BlockKind::kGc;
  ParentKind parent_kind = ParentKind::kNone;
  bool has_origin = false;
  bool has_right_origin = false;
  // Set for map entries and attributes. Yjs says so on the wire even where parent_kind is kNone;
  // then parent_sub is empty here, and the key is that of the neighbour.
  bool has_parent_sub = false;
  TypeKind type = TypeKind::kUndefined;  // kType

  ClientId client = 0;
  Clock clock = 0;
  Clock len =
      0;  // in clocks: UTF-16 units for kString, values for kAny and kJson, else 1 or a count

  Id origin;                     // last id of the left neighbour when inserted
  Id right_origin;               // first id of the right neighbour when inserted
  Id parent_id;                  // ParentKind::kItem
  std::string_view parent_name;  // ParentKind::kRoot
  std::string_view parent_sub;   // key in a map or attribute name

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

// All blocks of one update: those of a client are consecutive and ascend by clock without holes
// (holes are kSkip blocks); and the update's delete set.
struct DecodedUpdate {
  struct ClientBlocks {
    ClientId client;
    std::uint32_t first;  // index into blocks
    std::uint32_t count;
  };

  std::vector<Block> blocks;
  std::vector<ClientBlocks> clients;  // in the order of the update
  DeleteSet deletes;
  std::vector<std::unique_ptr<Bytes>> arena;  // what normalised views refer to
  std::vector<std::string_view> keys;         // the decoder's scratch: names seen in version 2

  void clear();  // keeps the vectors' memory for the next update

  // Copies bytes into the arena.
  ByteView keep(ByteView bytes);
};

// Takes the blocks of an update one by one, for callers that need no list of them.
class BlockSink {
 public:
  // Blocks come in the order of the update, without the empty ones. Views in the block last as long
  // as the update and the DecodedUpdate; the block itself is used again for the next one.
  virtual void add(const Block& block) = 0;

 protected:
  ~BlockSink() = default;
};

// What an update may hold; more is refused with kTooLarge. Defaults are generous for documents.
struct UpdateLimits {
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_blocks = std::size_t{1} << 26;
  // Version 2 writes equal blocks as a run, so a few bytes can claim any number. Beyond this many
  // every block needs a byte of its own.
  std::size_t max_run_blocks = std::size_t{1} << 20;
};

// Decodes and checks a whole update into `out` (cleared first). Everything that can be judged
// without a document is judged here: known kinds, valid UTF-8 and values, clocks within 32 bits,
// origins and parents before the block if of the same client, each client once, nothing behind the
// end. On error `out` is of no use. Allocates in proportion to the update, never to what it claims.
//
// Where this is stricter than Yjs: Yjs drops the first of two lists of one client, ignores bytes
// behind the end, and reads zeros from an exhausted column. No published encoder writes such
// updates, so they are damage and refused. Where it is as lenient: blocks and ranges without length
// and clients without blocks say nothing and are left out; unused ends of columns are ignored.
// Half a surrogate pair, which a column of strings can be cut into, becomes U+FFFD.
Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           const UpdateLimits& limits = {});

// The same, but the blocks go to `sink` and not into `out`. They may come before something is found
// to be wrong further on: what was made of them must be thrown away then.
Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           BlockSink& sink);

// Splits a block's text: the byte offset of UTF-16 unit `units` in valid UTF-8. When the place lies
// within a surrogate pair, `inside_pair` is set and the offset is that of the whole character.
std::size_t utf8_offset(std::string_view text, std::size_t units, bool& inside_pair);

}  // namespace syncline::crdt
