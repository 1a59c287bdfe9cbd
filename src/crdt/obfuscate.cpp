// Replaces the content of updates, as Yjs's obfuscateUpdate does. Yjs numbers the items in the
// order of the update, and replaces an item's content by its number.
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/packed.h"
#include "crdt/update_rewrite.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt {
namespace {

class Obfuscator {
 public:
  Obfuscator(DecodedUpdate& update, const ObfuscateOptions& options)
      : update_(update), options_(options) {}

  void replace(Block& block) {
    if (!block.is_item()) return;
    replace_content(block);
    // As in Yjs, an empty key is not replaced.
    if (block.has_parent_sub && !block.parent_sub.empty())
      block.parent_sub = name_for(keys_, block.parent_sub, "");
    ++number_;
  }

 private:
  using Names = std::unordered_map<std::string_view, std::string_view>;  // old name to new name

  void replace_content(Block& block) {
    switch (block.kind) {
      case BlockKind::kType: return replace_node_name(block);
      case BlockKind::kString: {
        const auto digit = static_cast<std::uint8_t>('0' + number_ % 10);
        block.payload = update_.keep(Bytes(block.len, digit));
        return;
      }
      case BlockKind::kAny:
      case BlockKind::kJson: return replace_values(block);
      case BlockKind::kBinary:
        block.payload = update_.keep(Bytes{static_cast<std::uint8_t>(number_)});
        return;
      case BlockKind::kEmbed: block.payload = keep(Any(Any::Object{})); return;
      case BlockKind::kFormat: return replace_format(block);
      case BlockKind::kDoc:
        if (!options_.subdocs) return;
        block.name = as_text(update_.keep(as_bytes(number())));
        block.payload = keep(Any(Any::Object{}));
        return;
      case BlockKind::kGc:
      case BlockKind::kDeleted:
      case BlockKind::kSkip: return;
    }
  }

  void replace_node_name(Block& block) {
    if (!options_.xml) return;
    if (block.type == TypeKind::kXmlElement) block.name = name_for(nodes_, block.name, "node-");
    if (block.type == TypeKind::kXmlHook) block.name = name_for(nodes_, block.name, "hook-");
  }

  void replace_values(Block& block) {
    ByteWriter packed;
    for (Clock i = 0; i < block.len; ++i) pack(Any(static_cast<double>(number_)), packed);
    block.payload = update_.keep(packed.view());
  }

  // The end of a format stays the end of a format. Equal simple values stay equal; objects were
  // never equal in JavaScript.
  void replace_format(Block& block) {
    if (!options_.formatting) return;
    block.name = name_for(format_names_, block.name, "");
    if (block.payload.front() == kAnyNull) return;
    const std::string_view old = as_text(block.payload);
    const auto known = format_values_.find(old);
    if (known != format_values_.end()) {
      block.payload = as_bytes(known->second);
      return;
    }
    block.payload = keep(Any(Any::Object{{"i", static_cast<double>(number_)}}));
    if (is_simple(as_bytes(old).front())) format_values_.emplace(old, as_text(block.payload));
  }

  std::string_view name_for(Names& names, std::string_view old, std::string_view prefix) {
    const auto known = names.find(old);
    if (known != names.end()) return known->second;
    const std::string_view fresh = as_text(update_.keep(as_bytes(std::string(prefix) + number())));
    names.emplace(old, fresh);
    return fresh;
  }

  static bool is_simple(std::uint8_t tag) {
    return tag != kAnyObject && tag != kAnyArray && tag != kAnyBytes;
  }

  std::string number() const { return std::to_string(number_); }
  ByteView keep(const Any& value) { return update_.keep(pack(value)); }

  DecodedUpdate& update_;
  const ObfuscateOptions& options_;
  std::uint64_t number_ = 0;  // number of the item in the update
  Names keys_;
  Names nodes_;
  Names format_names_;
  Names format_values_;
};

}  // namespace

Result<Bytes> obfuscate_update(ByteView update, UpdateVersion version,
                               const ObfuscateOptions& options) {
  DecodedUpdate decoded;
  if (auto result = decode_for_rewrite(update, version, decoded); !result)
    return std::unexpected(std::move(result.error()));
  Obfuscator obfuscator(decoded, options);
  for (Block& block : decoded.blocks) obfuscator.replace(block);
  return rewrite(decoded, version);
}

}  // namespace syncline::crdt
