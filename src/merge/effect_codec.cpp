#include "merge/effect_codec.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace syncline::merge {
namespace {

constexpr std::uint8_t kVersion = 1;

enum Flag : std::uint8_t { kChanges = 1, kDeletesWait = 2, kTruncated = 4 };

void write_path(const crdt::Path& path, ByteWriter& out) {
  out.var_string(path.root);
  out.var_uint(path.steps.size());
  for (const auto& step : path.steps) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      out.u8(0);
      out.var_string(*key);
    } else {
      out.u8(1);
      out.var_uint(std::get<std::uint32_t>(step));
    }
  }
}

crdt::Path read_path(ByteReader& in) {
  crdt::Path path;
  path.root = in.var_string();
  const std::uint64_t steps = in.var_uint();
  for (std::uint64_t i = 0; i < steps && in.ok(); ++i) {
    if (in.u8() == 0) {
      path.steps.emplace_back(std::string(in.var_string()));
    } else {
      path.steps.emplace_back(static_cast<std::uint32_t>(in.var_uint()));
    }
  }
  return path;
}

crdt::Touch read_touch(ByteReader& in) {
  crdt::Touch touch{};
  touch.kind = static_cast<crdt::Touch::Kind>(in.u8());
  touch.type = read_path(in);
  touch.key = in.var_string();
  touch.index = static_cast<std::uint32_t>(in.var_uint());
  touch.length = static_cast<std::uint32_t>(in.var_uint());
  return touch;
}

}  // namespace

Bytes encode_effect(const crdt::Effect& effect) {
  ByteWriter out;
  const std::size_t kept = std::min(effect.touches.size(), kMaxTouches);
  const int flags = (effect.changes ? kChanges : 0) | (effect.deletes_wait ? kDeletesWait : 0) |
                    (kept < effect.touches.size() ? kTruncated : 0);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(flags));
  out.var_uint(effect.waits_for.clients().size());
  for (const auto& [client, clock] : effect.waits_for.clients()) {
    out.var_uint(client);
    out.var_uint(clock);
  }
  out.var_uint(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    const crdt::Touch& touch = effect.touches[i];
    out.u8(static_cast<std::uint8_t>(touch.kind));
    write_path(touch.type, out);
    out.var_string(touch.key);
    out.var_uint(touch.index);
    out.var_uint(touch.length);
  }
  return out.take();
}

Result<StoredEffect> decode_effect(ByteView bytes) {
  ByteReader in(bytes);
  StoredEffect stored;
  if (in.u8() != kVersion) return fail(ErrorCode::kUnsupported, "effect of another version");
  const std::uint8_t flags = in.u8();
  stored.effect.changes = (flags & kChanges) != 0;
  stored.effect.deletes_wait = (flags & kDeletesWait) != 0;
  stored.truncated = (flags & kTruncated) != 0;
  const std::uint64_t waits = in.var_uint();
  for (std::uint64_t i = 0; i < waits && in.ok(); ++i) {
    const crdt::ClientId client = in.var_uint();
    stored.effect.waits_for.set(client, static_cast<crdt::Clock>(in.var_uint()));
  }
  const std::uint64_t touches = in.var_uint();
  for (std::uint64_t i = 0; i < touches && in.ok(); ++i) {
    stored.effect.touches.push_back(read_touch(in));
    if (stored.effect.touches.back().kind > crdt::Touch::Kind::kDeleteKey) {
      return fail(ErrorCode::kMalformed, "effect with an unknown kind of touch");
    }
  }
  if (!in.ok() || in.remaining() != 0)
    return fail(ErrorCode::kMalformed, "effect is cut or padded");
  return stored;
}

}  // namespace syncline::merge
