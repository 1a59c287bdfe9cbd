// An event of the log as one line of JSON: what the HTTP API and `syncline log --json` give.
//
//   {"position":7,"time":"2026-01-31T12:00:00.123Z","principal":"ada","actor":"…",
//    "object":"notes/plan","type":"doc","kind":"change","size":118,"hash":"9f86…",
//    "touches":[{"action":"insert","path":"content","index":5,"length":3}]}
//
// Behind the hash stands what the event has of: "actor_seq" and, if it holds several of the actor's
// changes, "last_actor_seq"; "tenant"; "generation" of the object, from the second on; "schema";
// "group" ({"first","index","size"}: the position of the group's first event, and the event's place in
// it); "epoch"; "policy_at" and "session_at" (positions of events that it refers to);
// "idempotency_key" (base64); "origin" ({"region","position"}: where it was accepted first); "region",
// "node" and "trace" (a W3C traceparent). `size` is that of the intent in bytes, `hash` the event's in hex. `kind` is a number where this
// version has no name for it. A touch is an insert, delete or format at an index, or the set or
// delete of a key; indices count UTF-16 units of text, else elements. "touches" is what merging
// made of the change: absent if the event keeps no effect or a newer kind of it; where retention has
// dropped the payload, "dropped":true stands instead, and the size is 0;
// "touches_truncated":true if there were more than are kept. Fields may be added.
#pragma once

#include <string>
#include <string_view>

#include "log/event.h"
#include "log/pin_store.h"

namespace syncline::protocol {

std::string event_to_json(const log::Event& event);

// Names in a log are any bytes; JSON is UTF-8: what is none is replaced.
std::string name_json(std::string_view name);

// "2026-01-31T12:00:00.123Z": the stamp without its counter.
std::string stamp_time(HlcStamp stamp);

// {"name":"release-1","position":7,"set":"2026-01-31T12:00:00.123Z","principal":"ada"}
std::string pin_to_json(const log::Pin& pin);

}  // namespace syncline::protocol
