// The entries of named actors in the store: keys, values, and reading them. docs/formats/log.md has
// the bytes, log/actor_store.h the contracts.
//
// Thread-safety: any thread may read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "log/actor_numbers.h"
#include "store/keys.h"
#include "store/tables.h"

namespace syncline::store {

// "n/" id, tenant, NUL, principal, NUL, actor
std::string actor_key(WorkspaceId id, const log::ActorId& actor);
// The prefix of the keys of all actors with the same tenant and principal.
std::string actors_prefix(WorkspaceId id, const log::ActorId& actor);
// The prefix of the keys of all actors of a workspace.
std::string actors_prefix(WorkspaceId id);

std::string encode_actor(std::string_view key, const log::ActorNumbers& numbers);
// nullopt: damaged.
std::optional<log::ActorNumbers> decode_actor(std::string_view key, std::string_view value);

// If nothing is recorded, the result has no ranges. kCorrupt: the entry is damaged.
Result<log::ActorNumbers> kept_actor(const Tables& tables, const std::string& key);

Result<log::ActorNumbers> read_actor(const Tables& tables, const std::string& workspace,
                                     const log::ActorId& actor);

}  // namespace syncline::store
