#include "merge/doc_effect.h"

#include <algorithm>
#include <utility>

#include "base/byte_writer.h"
#include "crdt/touch_list.h"

namespace syncline::merge {
namespace {

// Both enums must list the same values in the same order.
static_assert(static_cast<int>(crdt::Touch::Kind::kInsert) == static_cast<int>(Operation::kInsert));
static_assert(static_cast<int>(crdt::Touch::Kind::kDeleteKey) ==
              static_cast<int>(Operation::kDeleteKey));
static_assert(static_cast<int>(crdt::Touch::Extent::kPlace) == static_cast<int>(Extent::kPlace));
static_assert(static_cast<int>(crdt::Touch::Extent::kDocument) ==
              static_cast<int>(Extent::kObject));

Touch neutral_touch(crdt::Touch&& touch) {
  return {.operation = static_cast<Operation>(touch.kind),
          .extent = static_cast<Extent>(touch.extent),
          .container = {std::move(touch.type.root), std::move(touch.type.steps)},
          .key = std::move(touch.key),
          .index = touch.index,
          .length = touch.length};
}

void write_path_version1(const crdt::Path& path, ByteWriter& out) {
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

enum FlagVersion1 : std::uint8_t { kChanges = 1, kDeletesWait = 2, kCut = 4 };

}  // namespace

Effect neutral_effect(crdt::Effect&& effect) {
  Effect neutral;
  neutral.touches.reserve(effect.touches.size());
  for (crdt::Touch& touch : effect.touches)
    neutral.touches.push_back(neutral_touch(std::move(touch)));
  return neutral;
}

Bytes encode_effect_version1(const crdt::Effect& effect) {
  ByteWriter out;
  const std::size_t kept = std::min(effect.touches.size(), crdt::TouchList::kMaxTouchesVersion1);
  const bool deletes_wait = !effect.deletes_wait_for.clients().empty();
  const int flags = (effect.changes ? kChanges : 0) | (deletes_wait ? kDeletesWait : 0) |
                    (kept < effect.touches.size() ? kCut : 0);
  out.u8(1);
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
    write_path_version1(touch.type, out);
    out.var_string(touch.key);
    out.var_uint(touch.index);
    out.var_uint(touch.length);
  }
  return out.take();
}

}  // namespace syncline::merge
