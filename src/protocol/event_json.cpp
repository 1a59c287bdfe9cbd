#include "protocol/event_json.h"

#include <fmt/format.h>

#include <string_view>

#include "base/base64.h"
#include "base/utf8.h"
#include "merge/effect_codec.h"
#include "protocol/json_text.h"

namespace syncline::protocol {
namespace {

using merge::Extent;
using merge::Operation;
using merge::Touch;

std::string kind_of(log::EventKind kind) {
  if (kind == log::EventKind::kChange) return "\"change\"";
  if (kind == log::EventKind::kSession) return "\"session\"";
  if (kind == log::EventKind::kRenamed) return "\"renamed\"";
  return std::to_string(static_cast<unsigned>(kind));
}

std::string_view action_of(Operation operation) {
  switch (operation) {
    case Operation::kInsert: return "insert";
    case Operation::kDelete: return "delete";
    case Operation::kFormat: return "format";
    case Operation::kSetKey: return "set";
    case Operation::kDeleteKey: return "delete_key";
  }
  return "unknown";
}

std::string_view covers_json(Extent extent) {
  switch (extent) {
    case Extent::kPlace: break;
    case Extent::kBelow: return R"(,"covers":"below")";
    case Extent::kContainer: return R"(,"covers":"container")";
    case Extent::kObject: return R"(,"covers":"object")";
  }
  return "";
}

std::string touch_to_json(const Touch& touch) {
  std::string json = fmt::format(R"({{"action":"{}","path":{})", action_of(touch.operation),
                                 name_json(merge::to_string(touch.container)));
  if (touch.extent <= Extent::kBelow) {
    const bool keyed =
        touch.operation == Operation::kSetKey || touch.operation == Operation::kDeleteKey;
    if (keyed || touch.operation == Operation::kFormat) json += ",\"key\":" + name_json(touch.key);
    if (!keyed) json += fmt::format(R"(,"index":{},"length":{})", touch.index, touch.length);
  }
  json += covers_json(touch.extent);
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

std::string name_json(std::string_view name) {
  if (is_valid_utf8(name)) return json_string(name);
  std::string mended;
  for (const char byte : name) {
    const bool ascii = static_cast<unsigned char>(byte) < 0x80;
    mended += ascii ? std::string(1, byte) : std::string(kReplacementCharacter);
  }
  return json_string(mended);
}

std::string time_text(std::uint64_t unix_ms) {
  const std::string text = to_string(HlcStamp::of(unix_ms, 0));
  return text.substr(0, text.find('+'));
}

namespace {

// The optional fields of the event's header. Omits fields that are not set.
std::string origin_json(const log::Event& event) {
  std::string json;
  if (event.actor_seq > 0) json += fmt::format(",\"actor_seq\":{}", event.actor_seq);
  if (event.further_seqs > 0) json += fmt::format(",\"last_actor_seq\":{}", event.last_actor_seq());
  if (event.actor_named) json += ",\"actor_named\":true";
  if (!event.tenant.empty()) json += ",\"tenant\":" + name_json(event.tenant);
  if (event.generation > 1) json += fmt::format(",\"generation\":{}", event.generation);
  if (event.schema > 0) json += fmt::format(",\"schema\":{}", event.schema);
  if (event.group.size > 0)
    json += fmt::format(R"(,"group":{{"first":{},"index":{},"size":{}}})",
                        event.position - event.group.index, event.group.index, event.group.size);
  if (event.epoch > 0) json += fmt::format(",\"epoch\":{}", event.epoch);
  if (event.policy_at > 0) json += fmt::format(",\"policy_at\":{}", event.policy_at);
  if (event.tenant_policy_at > 0)
    json += fmt::format(",\"tenant_policy_at\":{}", event.tenant_policy_at);
  if (event.session_at > 0) json += fmt::format(",\"session_at\":{}", event.session_at);
  if (!event.idempotency_key.empty())
    json += fmt::format(",\"idempotency_key\":\"{}\"", to_base64(event.idempotency_key));
  if (event.origin)
    json += fmt::format(R"(,"origin":{{"region":{},"position":{}}})",
                        name_json(event.origin->region), event.origin->position);
  if (event.era.since > 0) json += fmt::format(",\"era\":{}", event.era.since);
  if (!event.region.empty()) json += ",\"region\":" + name_json(event.region);
  if (!event.node.empty()) json += ",\"node\":" + name_json(event.node);
  if (!event.trace.empty()) json += ",\"trace\":" + name_json(event.trace);
  return json;
}

}  // namespace

std::string shown_name_json(const ShownName& shown) {
  if (shown.name.empty()) return {};
  return fmt::format(R"(,"name":{},"verified":{})", name_json(shown.name), shown.verified);
}

std::string event_to_json(const log::Event& event, const ShownName& shown) {
  return fmt::format(
      R"({{"position":{},"time":"{}","principal":{}{},"actor":{},"object":{},"type":{},)"
      R"("kind":{},"size":{},"hash":"{}"{}{}}})",
      event.position, time_text(event.accepted_ms()), name_json(event.principal),
      shown_name_json(shown), name_json(event.actor), name_json(event.object),
      name_json(event.type), kind_of(event.kind), event.intent.size(), to_hex(event.hash),
      origin_json(event),
      event.dropped_payload ? ",\"dropped\":true" : touches_to_json(event.effect));
}

std::string session_to_json(const log::SessionRecord& record) {
  const auto list = [](const std::vector<std::string>& texts) {
    std::string json;
    for (const std::string& text : texts) json += (json.empty() ? "" : ",") + name_json(text);
    return "[" + json + "]";
  };
  std::string json =
      fmt::format(R"({{"rights":{},"groups":{})", list(record.rights), list(record.groups));
  const auto say = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) json += fmt::format(",\"{}\":{}", key, name_json(text));
  };
  say("source", record.source);
  say("issuer", record.issuer);
  say("token", record.token);
  say("address", record.address);
  say("origin", record.origin);
  say("protocol", record.protocol);
  if (record.issued_ms > 0) json += fmt::format(",\"issued\":\"{}\"", time_text(record.issued_ms));
  if (record.expires_ms > 0)
    json += fmt::format(",\"expires\":\"{}\"", time_text(record.expires_ms));
  return json + "}";
}

std::string pin_to_json(const log::Pin& pin, const ShownName& shown) {
  std::string author;  // "name" is that of the pin
  if (!shown.name.empty())
    author =
        fmt::format(R"(,"principal_name":{},"verified":{})", name_json(shown.name), shown.verified);
  return fmt::format(R"({{"name":{},"position":{},"set":"{}","principal":{}{}}})",
                     name_json(pin.name), pin.position, time_text(pin.unix_ms),
                     name_json(pin.principal), author);
}

}  // namespace syncline::protocol
