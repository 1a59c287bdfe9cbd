#include <algorithm>
#include <limits>

#include "crdt/any_tags.h"
#include "crdt/block.h"
#include "crdt/id_codec.h"
#include "crdt/packed.h"
#include "crdt/update_source.h"

namespace syncline::crdt {

namespace {

constexpr const char* kBeyondClocks = "update: a clock beyond 32 bits";

// Where decoded blocks go: all into a list, or one after another to a sink.
class ListedBlocks {
 public:
  explicit ListedBlocks(DecodedUpdate& out) : out_(out) {}
  Block& open() { return out_.blocks.emplace_back(); }
  void close(const Block&) {}
  void drop() { out_.blocks.pop_back(); }

 private:
  DecodedUpdate& out_;
};

class PassedBlocks {
 public:
  explicit PassedBlocks(BlockSink& sink) : sink_(sink) {}
  // Resets the fields that other fields do not declare absent.
  Block& open() {
    block_.parent_kind = ParentKind::kNone;
    block_.has_origin = block_.has_right_origin = block_.has_parent_sub = false;
    block_.parent_sub = block_.name = {};
    block_.payload = {};
    return block_;
  }
  void close(const Block& block) { sink_.add(block); }
  void drop() {}

 private:
  BlockSink& sink_;
  Block block_;
};

template <class Source, class Target>
class Decoder {
 public:
  Decoder(ByteView bytes, DecodedUpdate& out, Target target, const UpdateLimits& limits)
      : in_(bytes, out),
        out_(out),
        target_(target),
        max_blocks_(most_blocks(bytes.size(), limits)) {}

  Result<void> run() {
    std::uint64_t clients = in_.rest().var_uint();
    for (; clients != 0 && good(); --clients) read_client();
    if (good()) check_clients();
    if (!good()) return failure();

    if (auto read = read_delete_set(in_.rest(), Source::kVersion, out_.deletes); !read) return read;
    if (!in_.rest().at_end()) refuse("update: bytes behind its end");
    return good() ? Result<void>{} : failure();
  }

 private:
  static std::size_t most_blocks(std::size_t bytes, const UpdateLimits& limits) {
    if (Source::kVersion == UpdateVersion::kV1) return limits.max_blocks;
    return std::min(limits.max_blocks, limits.max_run_blocks + bytes);
  }

  bool good() const { return reason_ == nullptr && in_.ok(); }

  void refuse(const char* reason, ErrorCode code = ErrorCode::kMalformed) {
    if (!good()) return;
    reason_ = reason;
    code_ = code;
  }

  std::unexpected<Error> failure() const {
    if (reason_ != nullptr) return fail(code_, reason_);
    return fail(ErrorCode::kMalformed, "update: truncated, or a field that does not decode");
  }

  void read_client() {
    const std::uint64_t count = in_.rest().var_uint();
    const ClientId client = in_.client();
    std::uint64_t clock = in_.rest().var_uint();
    const std::size_t first = blocks_kept_;
    for (std::uint64_t left = count; left != 0 && good(); --left) {
      if (++blocks_read_ > max_blocks_)
        return refuse("update: too many blocks", ErrorCode::kTooLarge);
      if (clock > kMaxClock) return refuse(kBeyondClocks, ErrorCode::kTooLarge);
      Block& block = target_.open();
      block.client = client;
      block.clock = static_cast<Clock>(clock);
      const std::uint64_t len = read_block(block);
      clock += len;
      if (clock > kMaxClock) return refuse(kBeyondClocks, ErrorCode::kTooLarge);
      block.len = static_cast<Clock>(len);
      if (len == 0) {
        target_.drop();
      } else if (good()) {
        target_.close(block);
        ++blocks_kept_;
      }
    }
    const std::size_t read = blocks_kept_ - first;
    if (read == 0) return;
    out_.clients.push_back(
        {client, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(read)});
  }

  // Returns the length in clocks, which the caller must still check.
  std::uint64_t read_block(Block& block) {
    const std::uint8_t info = in_.info();
    const std::uint8_t kind = info & kKindBits;
    if (kind > static_cast<std::uint8_t>(BlockKind::kSkip)) {
      refuse("update: unknown kind of block");
      return 0;
    }
    block.kind = static_cast<BlockKind>(kind);
    if (block.is_item()) {
      read_place(block, info);
      return read_content(block);
    }
    if (info != kind) refuse("update: flags on a block that has no place");
    return block.kind == BlockKind::kSkip ? in_.rest().var_uint() : in_.len();
  }

  void read_place(Block& block, std::uint8_t info) {
    block.has_parent_sub = (info & kHasParentSub) != 0;
    block.has_origin = (info & kHasOrigin) != 0;
    block.has_right_origin = (info & kHasRightOrigin) != 0;
    if (block.has_origin) block.origin = checked(in_.left_id(), block);
    if (block.has_right_origin) block.right_origin = checked(in_.right_id(), block);
    if (block.has_origin || block.has_right_origin) return;

    const std::uint64_t parent = in_.parent_info();
    if (parent > 1) refuse("update: unknown kind of parent");
    if (parent == 1) {
      block.parent_kind = ParentKind::kRoot;
      block.parent_name = in_.name();
    } else {
      block.parent_kind = ParentKind::kItem;
      block.parent_id = checked(in_.left_id(), block);
    }
    if (block.has_parent_sub) block.parent_sub = in_.name();
  }

  Id checked(const WireId& id, const Block& block) {
    if (id.clock > kMaxClock) refuse(kBeyondClocks, ErrorCode::kTooLarge);
    if (id.client == block.client && id.clock >= block.clock)
      refuse("update: a block that depends on itself or a later one");
    return {id.client, static_cast<Clock>(id.clock)};
  }

  std::uint64_t read_content(Block& block) {
    switch (block.kind) {
      case BlockKind::kDeleted: return in_.len();
      case BlockKind::kString: {
        const WireText text = in_.text();
        block.payload = as_bytes(text.text);
        return text.units;
      }
      case BlockKind::kAny: return read_values(block);
      case BlockKind::kJson: return read_json_values(block);
      case BlockKind::kBinary: block.payload = in_.rest().var_buffer(); break;
      case BlockKind::kEmbed: block.payload = in_.json(); break;
      case BlockKind::kFormat:
        block.name = in_.key();
        block.payload = in_.json();
        break;
      case BlockKind::kType: read_type(block); break;
      case BlockKind::kDoc:
        block.name = in_.name();
        block.payload = read_packed(in_.rest(), out_);
        break;
      case BlockKind::kGc:
      case BlockKind::kSkip: break;  // not items
    }
    return 1;
  }

  void read_type(Block& block) {
    const std::uint64_t type = in_.type_ref();
    if (type > static_cast<std::uint64_t>(TypeKind::kXmlText))
      return refuse("update: unknown shared type");
    block.type = static_cast<TypeKind>(type);
    if (block.type == TypeKind::kXmlElement || block.type == TypeKind::kXmlHook)
      block.name = in_.key();
  }

  // Values that are canonical on the wire stay in place. Nearly all are.
  std::uint64_t read_values(Block& block) {
    const std::uint64_t count = in_.len();
    ByteReader& in = in_.rest();
    ByteReader again = in;
    const std::size_t start = in.position();
    bool canonical = true;
    for (std::uint64_t left = count; left != 0 && good(); --left)
      canonical &= scan_any(in) == AnyScan::kCanonical;
    if (!good()) return 0;
    if (canonical) {
      block.payload = in.since(start);
    } else {
      ByteWriter packed;
      for (std::uint64_t left = count; left != 0; --left) pack(*unpack(again), packed);
      block.payload = out_.keep(packed.view());
    }
    return count;
  }

  std::uint64_t read_json_values(Block& block) {
    const std::uint64_t count = in_.len();
    ByteWriter packed;
    for (std::uint64_t left = count; left != 0 && good(); --left) {
      const std::string_view json = in_.name();
      if (json == "undefined") {
        packed.u8(kAnyUndefined);
      } else if (const Result<Any> value = from_json(json); value) {
        pack(*value, packed);
      } else {
        refuse("update: invalid JSON");
      }
    }
    block.payload = out_.keep(packed.view());
    return count;
  }

  // Encoders write the highest client first. Another order is allowed, but each client only once.
  void check_clients() {
    const auto& clients = out_.clients;
    const auto rises = [](const auto& a, const auto& b) { return a.client <= b.client; };
    if (std::ranges::adjacent_find(clients, rises) == clients.end()) return;
    std::vector<ClientId> sorted;
    sorted.reserve(clients.size());
    for (const auto& entry : clients) sorted.push_back(entry.client);
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) refuse("update: a client comes twice");
  }

  Source in_;
  DecodedUpdate& out_;
  Target target_;
  const std::size_t max_blocks_;
  std::size_t blocks_read_ = 0;
  std::size_t blocks_kept_ = 0;  // blocks that are not empty
  const char* reason_ = nullptr;
  ErrorCode code_ = ErrorCode::kMalformed;
};

template <class Target>
Result<void> decode(ByteView update, UpdateVersion version, DecodedUpdate& out, Target target,
                    const UpdateLimits& limits) {
  out.clear();
  if (update.size() > limits.max_bytes)
    return fail(ErrorCode::kTooLarge, "update: larger than the limit");
  if (version == UpdateVersion::kV1)
    return Decoder<V1Source, Target>(update, out, target, limits).run();
  return Decoder<V2Source, Target>(update, out, target, limits).run();
}

}  // namespace

Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           const UpdateLimits& limits) {
  return decode(update, version, out, ListedBlocks(out), limits);
}

Result<void> decode_update(ByteView update, UpdateVersion version, DecodedUpdate& out,
                           BlockSink& sink) {
  return decode(update, version, out, PassedBlocks(sink), {});
}

}  // namespace syncline::crdt
