#include "protocol/event_json.h"

#include <fmt/format.h>

#include <string_view>

#include "base/utf8.h"
#include "merge/effect_codec.h"
#include "protocol/json_text.h"

namespace syncline::protocol {
namespace {

using crdt::Touch;

// Names in a log are any bytes; JSON is UTF-8.
std::string json_bytes(std::string_view text) {
  if (is_valid_utf8(text)) return json_string(text);
  std::string mended;
  for (const char byte : text) {
    const bool ascii = static_cast<unsigned char>(byte) < 0x80;
    mended += ascii ? std::string(1, byte) : std::string(kReplacementCharacter);
  }
  return json_string(mended);
}

std::string time_of(HlcStamp stamp) {
  const std::string text = to_string(stamp);
  return text.substr(0, text.find('+'));
}

std::string kind_of(log::EventKind kind) {
  if (kind == log::EventKind::kChange) return "\"change\"";
  return std::to_string(static_cast<unsigned>(kind));
}

std::string_view action_of(Touch::Kind kind) {
  switch (kind) {
    case Touch::Kind::kInsert: return "insert";
    case Touch::Kind::kDelete: return "delete";
    case Touch::Kind::kFormat: return "format";
    case Touch::Kind::kSetKey: return "set";
    case Touch::Kind::kDeleteKey: return "delete_key";
  }
  return "unknown";
}

std::string touch_to_json(const Touch& touch) {
  std::string json = fmt::format(R"({{"action":"{}","path":{})", action_of(touch.kind),
                                 json_bytes(crdt::to_string(touch.type)));
  const bool keyed = touch.kind == Touch::Kind::kSetKey || touch.kind == Touch::Kind::kDeleteKey;
  if (keyed || touch.kind == Touch::Kind::kFormat) json += ",\"key\":" + json_bytes(touch.key);
  if (!keyed) json += fmt::format(R"(,"index":{},"length":{})", touch.index, touch.length);
  return json + "}";
}

std::string touches_to_json(ByteView effect) {
  if (effect.empty()) return {};
  const auto stored = merge::decode_effect(effect);
  if (!stored) return {};
  std::string json;
  for (const Touch& touch : stored->effect.touches)
    json += (json.empty() ? "" : ",") + touch_to_json(touch);
  return ",\"touches\":[" + json + (stored->truncated ? "],\"touches_truncated\":true" : "]");
}

}  // namespace

std::string event_to_json(const log::Event& event) {
  return fmt::format(
      R"({{"position":{},"time":"{}","principal":{},"actor":{},"object":{},"type":{},)"
      R"("kind":{},"size":{},"hash":"{}"{}}})",
      event.position, time_of(event.hlc), json_bytes(event.principal), json_bytes(event.actor),
      json_bytes(event.object), json_bytes(event.type), kind_of(event.kind), event.intent.size(),
      to_hex(event.hash), touches_to_json(event.effect));
}

}  // namespace syncline::protocol
