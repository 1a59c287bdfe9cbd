// The schema of all policies of a server, in the Cedar language (docs/cedar.md): which entities and actions there are,
// and what a policy can know of a request. `syncline policy schema` prints it; docs/policy.md explains it. And the
// built-in roles, which are policies, too: templates that a share links.
//
// Thread-safety: immutable, made at the first use.
#pragma once

#include <string>
#include <string_view>

#include "cedar/policy.h"
#include "cedar/schema.h"
#include "log/access_rules.h"
#include "syncline/error.h"

namespace syncline::policy {

std::string_view access_schema_text();
const cedar::Schema& access_schema();

// The templates of the roles, each under its @id.
std::string_view role_templates_text();

// A policy with this annotation is an audit rule: it decides nothing. Reads that it fits are written to the audit log.
inline constexpr std::string_view kAuditAnnotation = "audit";

// Reads the text of a policy, which may contain several. kMalformed, kInvalid, kTooLarge: with `name`, and with the line
// and the column in `text`. kInvalid: it has slots, or says nothing; an audit rule is no plain `permit`.
Result<cedar::PolicySet> parse_policy_text(std::string_view name, std::string_view text);

// Checks also that it fits the schema. A policy that cannot apply to any request does not. kInvalid, as above.
Result<void> check_policy_text(std::string_view name, std::string_view text);

// Whoever this share names, as an entity: Principal::"ann", Group::"editors" or Role::"everyone".
std::string_view entity_type_of(const log::Grantee& grantee);
std::string_view entity_id_of(const log::Grantee& grantee);

// The type of the entity that a resource of a share is (log::Share): Workspace, Folder or Object.
std::string_view entity_type_of(std::string_view resource);

}  // namespace syncline::policy
