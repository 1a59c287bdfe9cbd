// Every attack, one source each. attack.h lists them for users.
#pragma once

#include "cli/load/hostile/attack.h"

namespace syncline::cli::attacks {

// ---- strangers
AttackKind unfinished_messages();
AttackKind early_messages();
AttackKind unfinished_bodies();
AttackKind idle_connections();
AttackKind wrong_tokens();
AttackKind wrong_hosts();

// ---- readers
AttackKind malformed_frames();
AttackKind joins();
AttackKind blame();
AttackKind changes();
AttackKind states();
AttackKind large_json();
AttackKind past_states();
AttackKind exports();
AttackKind cold_loads();
AttackKind slow_readers();
AttackKind many_presences();
AttackKind large_presence();
AttackKind presence_flood();
AttackKind stolen_presence();

// ---- writers
AttackKind unfinished_updates();
AttackKind large_appends();
AttackKind tiny_updates();
AttackKind one_key();
AttackKind one_place();
AttackKind waiting_updates();
AttackKind repeated_waiting();
AttackKind broadcasts();

}  // namespace syncline::cli::attacks
