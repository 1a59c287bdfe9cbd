// An event of the log as one line of JSON: what the HTTP API and `syncline log --json` give.
//
//   {"position":7,"time":"2026-01-31T12:00:00.123Z","principal":"ada","actor":"…",
//    "object":"notes/plan","type":"doc","kind":"change","size":118,"hash":"9f86…",
//    "touches":[{"action":"insert","path":"content","index":5,"length":3}]}
//
// `size` is that of the intent in bytes, `hash` the event's in hex. `kind` is a number where this
// version has no name for it. A touch is an insert, delete or format at an index, or the set or
// delete of a key; indices count UTF-16 units of text, else elements. "touches" is what merging
// made of the change: absent if the event keeps no effect or a newer kind of it;
// "touches_truncated":true if there were more than are kept. Fields may be added.
#pragma once

#include <string>

#include "log/event.h"

namespace syncline::protocol {

std::string event_to_json(const log::Event& event);

}  // namespace syncline::protocol
