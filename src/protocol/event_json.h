// An event of the log as one line of JSON, for the HTTP API and `syncline log --json`.
//
//   {"position":7,"time":"2026-01-31T12:00:00.123Z","principal":"ada","actor":"…",
//    "object":"notes/plan","type":"doc","kind":"change","size":118,"hash":"9f86…",
//    "touches":[{"action":"insert","path":"content","index":5,"length":3}]}
//
// After the hash follow the fields that the event has:
// - "actor_seq", and "last_actor_seq" if the event contains several of the actor's changes;
//   "actor_named" (true) if the actor names itself;
// - "tenant"; "generation" of the object, from the second on; "schema";
// - "group" ({"first","index","size"}: the position of the group's first event, the event's index
//   in the group, and the group's size);
// - "epoch"; "policy_at", "tenant_policy_at" and "session_at" (positions of events that it refers to);
// - "idempotency_key" (base64);
// - "origin" ({"region","position"}: where the event was accepted first);
// - "region", "node" and "trace" (a W3C traceparent).
//
// `size` is the size of the intent in bytes, `hash` the event's hash in hex. `kind` is a number if
// this version has no name for it. A touch is an insert, delete or format at an index, or the set
// or delete of a key. Indices count UTF-16 units in texts and elements elsewhere. "touches" is the
// effect of the change; it is absent if the event stores no effect, or one in a newer format. If
// there were more touches than are stored, "touches_truncated" is true. If retention has dropped
// the payload, "dropped":true stands instead of "touches", and the size is 0. Later versions may
// add fields.
#pragma once

#include <string>
#include <string_view>

#include "log/event.h"
#include "log/pin_store.h"
#include "log/session_record.h"

namespace syncline::protocol {

// A name that is shown for a principal. A plain value.
struct ShownName {
  std::string name = {};  // "": none is kept
  bool verified = false;

  bool operator==(const ShownName&) const = default;
};

// ,"name":"Ada","verified":true; "" if there is no name.
std::string shown_name_json(const ShownName& shown);

std::string event_to_json(const log::Event& event, const ShownName& shown = {});

// What a session record says, as the member "session" of its event: {"rights":["read","write"],"groups":["finance"],
// "source":"jwt","issuer":"…","token":"…","address":"203.0.113.5","origin":"…","protocol":"y-websocket",
// "issued":"2026-01-31T12:00:00.123Z","expires":"…"}. Empty texts and times that are not known are left out.
std::string session_to_json(const log::SessionRecord& record);

// A name as a JSON string. Names in a log are arbitrary bytes; bytes that are not valid UTF-8
// become U+FFFD.
std::string name_json(std::string_view name);

// "2026-01-31T12:00:00.123Z".
std::string time_text(std::uint64_t unix_ms);

// {"name":"release-1","position":7,"set":"2026-01-31T12:00:00.123Z","principal":"ada"}
// and, if the name of the principal is kept: "principal_name" and "verified".
std::string pin_to_json(const log::Pin& pin, const ShownName& shown = {});

}  // namespace syncline::protocol
