// The type "audit": the object that holds the audit log of a tenant (log/audit.h).
//
// Entries are only added. The state is how many there are of each kind; the entries are in the events. JSON:
//   {"acts":12,"refusals":340,"exports":1,"reads":7}
// A refusal and a read count as often as they happened.
//
// Intents are log::AuditEntry; intents and snapshots have the bytes of docs/formats/audit.md. The type has no face:
// no client protocol opens it.
#pragma once

#include "merge/object.h"

namespace syncline::state {

// Stateless; lives as long as the program.
const merge::ObjectType& audit_type();

}  // namespace syncline::state
