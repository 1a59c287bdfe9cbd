// The type "rules": system objects, which hold what a workspace promises (log/rules.h).
//
// A strict type: a change is judged against what holds at its place in the log (log/rules_held.h), and
// each change that is accepted is an event, also if it sets again what holds already.
//
// Intents are log::RuleChange; intents and snapshots have the bytes of docs/formats/rules.md. The JSON
// has the members that there is something to say of:
//   {"pins":{"release-1":{"position":7,"set":1770000000000,"principal":"ada"}},
//    "retention":{"rule":{"keep_ms":7776000000,"keep_last":1000},
//                 "hold":{"reason":"case 7","principal":"ada","since":1770000000000}},
//    "quarantine":{"notes/plan":{"position":4,"principal":"ada","lifted":1770000000000}},
//    "policies":{"readers":{"text":"permit (…);","principal":"ada","set":1770000000000}},
//    "shares":{"notes/":{"group:editors":{"role":"editor","principal":"ada","given":1770000000000}}},
//    "deletion":{"rule":{"grace_ms":604800000,"seeds":[1]}},
//    "deletions":{"notes/old":{"generation":1,"after":7,"principal":"ada","deleted":1770000000000,
//                              "erase_at":1770604800000,"erased":false}}}
//
// The type has no face: no client protocol opens system objects. They are read over the HTTP API, and
// changed by workspace::Workspace::change_rules alone. The only facet is Telling, for the history.
#pragma once

#include "log/rules_held.h"
#include "merge/object.h"

namespace syncline::state {

// Stateless; lives as long as the program.
const merge::ObjectType& rules_type();

// Of an object of that type; nullptr for any other.
const log::HeldRules* rules_of(const merge::Object& object);

}  // namespace syncline::state
