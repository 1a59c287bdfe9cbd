#include "merge/effect_codec.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace syncline::merge {
namespace {

constexpr std::uint8_t kTruncated = 1;
constexpr std::uint8_t kTruncatedVersion1 = 4;

bool has_key(Operation operation) {
  return operation >= Operation::kFormat;
}

bool has_range(Operation operation) {
  return operation <= Operation::kFormat;
}

void write_path(const Path& path, ByteWriter& out) {
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

void write_touch(const Touch& touch, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(touch.operation));
  out.u8(static_cast<std::uint8_t>(touch.extent));
  if (touch.extent == Extent::kObject) return;
  write_path(touch.container, out);
  if (touch.extent == Extent::kContainer) return;
  if (has_key(touch.operation)) out.var_string(touch.key);
  if (!has_range(touch.operation)) return;
  out.var_uint(touch.index);
  out.var_uint(touch.length);
}

Path read_path(ByteReader& in) {
  Path path;
  path.root = in.var_string();
  const std::uint64_t steps = in.var_uint();
  for (std::uint64_t i = 0; i < steps && in.ok(); ++i) {
    const std::uint8_t kind = in.u8();
    if (kind == 0) {
      path.steps.emplace_back(std::string(in.var_string()));
    } else {
      const std::uint64_t index = in.var_uint();
      if (kind != 1 || index > 0xffffffff) in.fail();
      path.steps.emplace_back(static_cast<std::uint32_t>(index));
    }
  }
  return path;
}

Touch read_touch(ByteReader& in) {
  Touch touch;
  touch.operation = static_cast<Operation>(in.u8());
  touch.extent = static_cast<Extent>(in.u8());
  if (touch.operation > Operation::kDeleteKey || touch.extent > Extent::kObject) in.fail();
  if (touch.extent == Extent::kObject) return touch;
  touch.container = read_path(in);
  if (touch.extent == Extent::kContainer) return touch;
  if (has_key(touch.operation)) touch.key = in.var_string();
  if (!has_range(touch.operation)) return touch;
  touch.index = in.var_uint();
  touch.length = in.var_uint();
  return touch;
}

// Version 1 writes all fields. Fields that the operation does not use are zero or empty, and are
// skipped.
Touch read_touch_version1(ByteReader& in) {
  Touch touch;
  touch.operation = static_cast<Operation>(in.u8());
  if (touch.operation > Operation::kDeleteKey) in.fail();
  touch.container = read_path(in);
  const std::string_view key = in.var_string();
  const std::uint64_t index = in.var_uint();
  const std::uint64_t length = in.var_uint();
  if (has_key(touch.operation)) touch.key = key;
  if (!has_range(touch.operation)) return touch;
  touch.index = index;
  touch.length = length;
  return touch;
}

// Skips what the change waits for.
void pass_waits_version1(ByteReader& in) {
  for (std::uint64_t left = in.var_uint(); left != 0 && in.ok(); --left) {
    in.var_uint();
    in.var_uint();
  }
}

}  // namespace

Bytes encode_effect(const Effect& effect) {
  ByteWriter touches;
  std::size_t kept = 0;
  for (const Touch& touch : effect.touches) {
    const std::size_t before = touches.size();
    if (kept < kMaxTouches) write_touch(touch, touches);
    if (kept == kMaxTouches || touches.size() > kMaxStoredEffectBytes) {
      touches.truncate(before);
      break;
    }
    ++kept;
  }
  ByteWriter out;
  out.u8(kEffectVersion);
  out.u8(kept < effect.touches.size() ? kTruncated : 0);
  out.var_uint(kept);
  out.append(touches.view());
  return out.take();
}

Result<StoredEffect> decode_effect(ByteView bytes) {
  ByteReader in(bytes);
  StoredEffect stored;
  const std::uint8_t version = in.u8();
  if (version > kEffectVersion) return fail(ErrorCode::kUnsupported, "effect of a later version");
  if (version == 0) in.fail();
  const std::uint8_t flags = in.u8();
  if (version == 1) pass_waits_version1(in);
  stored.truncated = (flags & (version == 1 ? kTruncatedVersion1 : kTruncated)) != 0;
  const std::uint64_t touches = in.var_uint();
  if (touches > kMaxTouches) in.fail();
  for (std::uint64_t i = 0; i < touches && in.ok(); ++i)
    stored.effect.touches.push_back(version == 1 ? read_touch_version1(in) : read_touch(in));
  if (!in.ok() || in.remaining() != 0)
    return fail(ErrorCode::kMalformed, "effect is cut, padded or of unknown kinds");
  return stored;
}

std::uint8_t effect_version(ByteView bytes) {
  return bytes.empty() ? 0 : bytes.front();
}

}  // namespace syncline::merge
