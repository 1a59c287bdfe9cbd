#include "policy/access_schema.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "cedar/parser.h"
#include "cedar/validator.h"

namespace syncline::policy {
namespace {

constexpr std::string_view kSchema = R"(// Whoever asks. The id is the principal of the token.
entity Principal in [Group, Role] {
  name: String,     // to show; may be empty
  source: String,   // of the token: "shared", "jwt", "key", "ticket", "webhook"
  issuer?: String,  // of a JWT
};

// A group, as the token names it.
entity Group;

// What the token allows at most: Role::"admin" is in Role::"write", that in Role::"read", and that in Role::"everyone".
entity Role in [Role];

entity Tenant;

// The workspace of the policy. Its id is its name.
entity Workspace in [Tenant];

// All objects whose names begin with the id, which ends with a slash: Folder::"notes/".
entity Folder in [Folder, Workspace];

// An object: Object::"notes/plan".
entity Object in [Folder, Workspace];

// A place in an object, as a JSON Pointer: Path::"/budget/travel". '*' stands for a step into a sequence.
entity Path in [Path, Object];

type Context = {
  time: datetime,
  size: Long,          // of a change, in bytes; otherwise 0
  object: String,      // the name of the object; "" if it is the workspace as a whole
  objectType: String,  // "doc"; "" if it is not known
  protocol: String,    // "y-websocket", "hocuspocus", "http"; "" if it is not known
  address?: ipaddr,    // of the peer
  origin?: String,     // of the web page that asks
  tokenAge?: duration, // if the token says when it was issued
};

// The present state of an object. With a Workspace or a Folder: the names of the objects in it.
action read appliesTo { principal: Principal, resource: [Workspace, Folder, Object], context: Context };

// Past states, authors, the log and its proofs, pins and retention.
action history appliesTo { principal: Principal, resource: [Workspace, Folder, Object], context: Context };

// To show one's presence and to send messages to others.
action presence appliesTo { principal: Principal, resource: Object, context: Context };

// The whole workspace as one file.
action export appliesTo { principal: Principal, resource: Workspace, context: Context };

// To change the content of an object. Each place that a change touches is asked for by itself.
action write;
action insert, delete, format, set in [write]
  appliesTo { principal: Principal, resource: Path, context: Context };

// To bring back a past state. It needs `history`, and what it changes is asked for, too.
action restore appliesTo { principal: Principal, resource: Object, context: Context };

// To delete an object, and to undo that.
action deleteObject appliesTo { principal: Principal, resource: Object, context: Context };

action pin appliesTo { principal: Principal, resource: Workspace, context: Context };

// To give and take shares, and to see them.
action share appliesTo { principal: Principal, resource: [Workspace, Folder, Object], context: Context };

// To administer the workspace.
action admin;
action policy, retention, hold, quarantine in [admin]
  appliesTo { principal: Principal, resource: Workspace, context: Context };

// To have what was deleted erased at once.
action eraseObject in [admin] appliesTo { principal: Principal, resource: Object, context: Context };
)";

constexpr std::string_view kRoles = R"(@id("viewer")
permit (
  principal in ?principal,
  action in [Action::"read", Action::"history", Action::"export", Action::"presence"],
  resource in ?resource
);

@id("annotator")
permit (
  principal in ?principal,
  action in [Action::"read", Action::"history", Action::"export", Action::"presence", Action::"format"],
  resource in ?resource
);

@id("annotator.comments")
permit (
  principal in ?principal,
  action in Action::"write",
  resource in ?resource
)
when { resource in Path::"/comments" };

@id("editor")
permit (
  principal in ?principal,
  action in [
    Action::"read", Action::"history", Action::"export", Action::"presence",
    Action::"write", Action::"restore", Action::"deleteObject", Action::"pin"
  ],
  resource in ?resource
);

@id("owner")
permit (principal in ?principal, action, resource in ?resource);
)";

cedar::Schema read_schema() {
  auto schema = cedar::parse_schema(kSchema);
  SYNCLINE_ASSERT(schema.has_value());
  return std::move(*schema);
}

Error in_policy(std::string_view name, const Error& error) {
  return {error.code, fmt::format("policy {}: {}", name, error.message)};
}

}  // namespace

std::string_view access_schema_text() {
  return kSchema;
}

const cedar::Schema& access_schema() {
  static const cedar::Schema schema = read_schema();
  return schema;
}

std::string_view role_templates_text() {
  return kRoles;
}

Result<cedar::PolicySet> parse_policy_text(std::string_view name, std::string_view text) {
  auto policies = cedar::parse_policies(text);
  if (!policies) return std::unexpected(in_policy(name, policies.error()));
  if (policies->policies().empty())
    return fail(ErrorCode::kInvalid, fmt::format("policy {}: the text says nothing", name));
  for (const cedar::Policy* policy : policies->policies()) {
    if (policy->is_template())
      return fail(ErrorCode::kInvalid,
                  fmt::format("policy {}: {}", name,
                              cedar::at_position(policy->position,
                                                 "a policy with slots is not supported; name the "
                                                 "principal and the resource")));
    const cedar::Annotation* audit = policy->annotation(kAuditAnnotation);
    const bool plain =
        policy->effect == cedar::Effect::kPermit &&
        (audit == nullptr || audit->value == nullptr || audit->value->view().empty());
    if (audit != nullptr && !plain)
      return fail(ErrorCode::kInvalid,
                  fmt::format("policy {}: {}", name,
                              cedar::at_position(policy->position,
                                                 "an audit rule is written @audit permit (…)")));
  }
  return policies;
}

Result<void> check_policy_text(std::string_view name, std::string_view text) {
  const auto policies = parse_policy_text(name, text);
  if (!policies) return std::unexpected(policies.error());
  const cedar::Validation validation = cedar::validate(*policies, access_schema());
  if (validation.passed()) return {};
  const cedar::Finding& first = validation.errors.front();
  return fail(ErrorCode::kInvalid, fmt::format("policy {}: {}", name,
                                               cedar::at_position(first.position, first.message)));
}

std::string_view entity_type_of(const log::Grantee& grantee) {
  switch (grantee.kind) {
    case log::Grantee::Kind::kPrincipal: return "Principal";
    case log::Grantee::Kind::kGroup: return "Group";
    case log::Grantee::Kind::kEveryone: break;
  }
  return "Role";
}

std::string_view entity_id_of(const log::Grantee& grantee) {
  return grantee.kind == log::Grantee::Kind::kEveryone ? std::string_view("everyone") : grantee.id;
}

std::string_view entity_type_of(std::string_view resource) {
  if (resource.empty()) return "Workspace";
  return resource.ends_with('/') ? "Folder" : "Object";
}

}  // namespace syncline::policy
