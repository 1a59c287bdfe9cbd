// The fields of record headers, one by one: docs/formats/log.md. For this room only.
//
// A visitor is called for every field in the order of the record, so that sizing, writing and
// reading always agree. Its members:
//   number(field, value, absent)   a varint; version 2 omits it if it equals `absent`
//   bytes(field, value)            a length and bytes; omitted if empty
//   flag(field, value)             no bytes, only the bit
//   group, origin, extensions, era fields with several parts
//   always(text)                   a length and bytes; never omitted
#pragma once

#include <cstdint>

#include "log/event.h"

namespace syncline::log {

// The bits of the presence mask of version 2, which are also the order of the fields. Frequent
// fields come first, because the mask is a varint.
enum class Field : std::uint8_t {
  kPrincipal,
  kActor,
  kActorSeq,
  kSession,
  kPolicy,
  kEpoch,
  kNode,
  kRegion,
  kTenant,
  kGeneration,
  kFurtherSeqs,
  kSchema,
  kTrace,
  kKind,
  kGroup,
  kIdempotencyKey,
  kOrigin,
  kExtensions,
  kActorNamed,
  kEra,
  kTenantPolicy,
  kCount,
};

constexpr std::uint64_t bit(Field field) {
  return std::uint64_t{1} << static_cast<unsigned>(field);
}

template <typename AnyEvent, typename Visitor>
void visit_header_v2(AnyEvent& event, Visitor& visitor) {
  visitor.always(event.object);
  visitor.always(event.type);
  visitor.bytes(Field::kPrincipal, event.principal);
  visitor.bytes(Field::kActor, event.actor);
  visitor.number(Field::kActorSeq, event.actor_seq);
  visitor.number(Field::kSession, event.session_at);
  visitor.number(Field::kPolicy, event.policy_at);
  visitor.number(Field::kEpoch, event.epoch);
  visitor.bytes(Field::kNode, event.node);
  visitor.bytes(Field::kRegion, event.region);
  visitor.bytes(Field::kTenant, event.tenant);
  visitor.number(Field::kGeneration, event.generation, 1);
  visitor.number(Field::kFurtherSeqs, event.further_seqs);
  visitor.number(Field::kSchema, event.schema);
  visitor.bytes(Field::kTrace, event.trace);
  visitor.number(Field::kKind, event.kind, static_cast<std::uint64_t>(EventKind::kChange));
  visitor.group(event.group);
  visitor.bytes(Field::kIdempotencyKey, event.idempotency_key);
  visitor.origin(event.origin);
  visitor.extensions(event.extensions);
  visitor.flag(Field::kActorNamed, event.actor_named);
  visitor.era(event.era);
  visitor.number(Field::kTenantPolicy, event.tenant_policy_at);
}

// Version 1 omits nothing.
template <typename AnyEvent, typename Visitor>
void visit_header_v1(AnyEvent& event, Visitor& visitor) {
  visitor.always_number(event.kind);
  visitor.always(event.principal);
  visitor.always(event.actor);
  visitor.always_number(event.actor_seq);
  visitor.always(event.object);
  visitor.always(event.type);
  visitor.always_number(event.schema);
  visitor.always(event.region);
  visitor.always(event.node);
  visitor.always(event.trace);
  visitor.always_extensions(event.extensions);
}

}  // namespace syncline::log
