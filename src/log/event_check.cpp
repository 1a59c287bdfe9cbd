#include "log/event_check.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/utf8.h"

namespace syncline::log {
namespace {

// Checks a name: its length, valid UTF-8, and no NUL, because NUL separates keys in stores.
Result<void> check_text(std::string_view what, std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("{} of {} bytes, {} are allowed", what, text.size(), max_bytes));
  if (text.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kInvalid, fmt::format("{} contains a NUL byte", what));
  if (!is_valid_utf8(text))
    return fail(ErrorCode::kInvalid, fmt::format("{} is not valid UTF-8", what));
  return {};
}

Result<void> check_name(std::string_view what, std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return fail(ErrorCode::kInvalid, fmt::format("{} is empty", what));
  return check_text(what, text, max_bytes);
}

Result<void> check_extensions(const std::vector<Extension>& extensions) {
  if (extensions.size() > kMaxExtensions)
    return fail(ErrorCode::kTooLarge, "too many extension fields in an event");
  for (std::size_t index = 0; index < extensions.size(); ++index) {
    if (extensions[index].tag > kMaxSafeInteger)
      return fail(ErrorCode::kInvalid, "extension tag out of range");
    if (index > 0 && extensions[index].tag <= extensions[index - 1].tag)
      return fail(ErrorCode::kInvalid, "extension tags are not ascending");
  }
  return {};
}

Result<void> check_numbers(const Event& event) {
  if (event.position == 0 || event.position > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "position out of range");
  if (event.actor_seq > kMaxSafeInteger || event.schema > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "actor sequence or schema version out of range");
  if (event.further_seqs > kMaxSafeInteger - event.actor_seq ||
      (event.further_seqs > 0 && event.actor_seq == 0))
    return fail(ErrorCode::kInvalid, "range of actor sequences out of range");
  if (event.actor_named && (event.actor.empty() || event.actor_seq == 0))
    return fail(ErrorCode::kInvalid, "an actor that names itself has no name or no number");
  if (event.generation > kMaxSafeInteger || event.epoch > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "generation or epoch out of range");
  if (event.session_at >= event.position || event.policy_at >= event.position)
    return fail(ErrorCode::kInvalid, "an event refers to one that is not before it");
  if (event.tenant_policy_at > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "position in the log of the tenant out of range");
  const Era& era = event.era;
  if (era.since > event.position || era.unix_ms > HlcStamp::kMaxMs ||
      (era.since == 0 && era.unix_ms > 0))
    return fail(ErrorCode::kInvalid, "era out of range");
  return {};
}

Result<void> check_group(const Event& event) {
  const Group& group = event.group;
  if (group == Group{}) return {};
  if (group.size > kMaxGroupEvents)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a group of {} events, {} are allowed", group.size, kMaxGroupEvents));
  if (group.size < 2 || group.index >= group.size || group.index >= event.position)
    return fail(ErrorCode::kInvalid, "an event has no such place in a group");
  return {};
}

Result<void> check_origin(const Event& event) {
  if (!event.origin) return {};
  if (event.origin->position == 0 || event.origin->position > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "position at the origin out of range");
  return check_name("region of origin", event.origin->region, kMaxPlaceBytes);
}

// Version 1 cannot represent fields that were added later.
Result<void> check_version(const Event& event) {
  if (event.version == kRecordVersion) {
    if (event.generation == 0) return fail(ErrorCode::kInvalid, "generation 0 in a new event");
    if (event.dropped_payload && event.salt != Salt{})
      return fail(ErrorCode::kInvalid, "an event has the salt of a payload that was dropped");
    return {};
  }
  if (event.version != kUnsaltedVersion)
    return fail(ErrorCode::kInvalid, fmt::format("event record of version {}", event.version));
  const bool fits = event.tenant.empty() && event.session_at == 0 && event.further_seqs == 0 &&
                    !event.actor_named && event.generation == 0 && event.group == Group{} &&
                    event.epoch == 0 && event.policy_at == 0 && event.tenant_policy_at == 0 &&
                    event.idempotency_key.empty() && !event.origin && event.era == Era{} &&
                    event.salt == Salt{};
  if (fits) return {};
  return fail(ErrorCode::kInvalid, "event record of version 1 with a field of version 2");
}

}  // namespace

Result<void> check_workspace_name(std::string_view name) {
  return check_name("workspace name", name, kMaxWorkspaceNameBytes);
}

Result<void> check_object_id(std::string_view id) {
  return check_name("object id", id, kMaxObjectIdBytes);
}

Result<void> check_actor(const ActorId& actor) {
  if (auto ok = check_text("tenant", actor.tenant, kMaxTenantBytes); !ok) return ok;
  if (auto ok = check_text("principal", actor.principal, kMaxPrincipalBytes); !ok) return ok;
  return check_name("actor id", actor.actor, kMaxActorBytes);
}

Result<void> check_event(const Event& event) {
  if (auto ok = check_numbers(event); !ok) return ok;
  if (event.dropped_payload && !(event.intent.empty() && event.effect.empty()))
    return fail(ErrorCode::kInvalid, "an event has a payload that is said to be dropped");
  if (auto ok = check_object_id(event.object); !ok) return ok;
  if (auto ok = check_name("event type", event.type, kMaxTypeBytes); !ok) return ok;
  if (auto ok = check_text("tenant", event.tenant, kMaxTenantBytes); !ok) return ok;
  if (auto ok = check_text("principal", event.principal, kMaxPrincipalBytes); !ok) return ok;
  if (auto ok = check_text("actor id", event.actor, kMaxActorBytes); !ok) return ok;
  if (auto ok = check_text("region", event.region, kMaxPlaceBytes); !ok) return ok;
  if (auto ok = check_text("node", event.node, kMaxPlaceBytes); !ok) return ok;
  if (auto ok = check_text("trace context", event.trace, kMaxTraceBytes); !ok) return ok;
  if (event.idempotency_key.size() > kMaxIdempotencyKeyBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("idempotency key of {} bytes, {} are allowed",
                            event.idempotency_key.size(), kMaxIdempotencyKeyBytes));
  if (auto ok = check_group(event); !ok) return ok;
  if (auto ok = check_origin(event); !ok) return ok;
  if (auto ok = check_version(event); !ok) return ok;
  return check_extensions(event.extensions);
}

}  // namespace syncline::log
