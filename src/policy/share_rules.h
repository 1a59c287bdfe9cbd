// The rules that a share becomes: links of the templates of its role (policy/access_schema.h). Their ids are what
// decisions name as reasons; people are told of a share in other words.
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cedar/text.h"
#include "log/access_rules.h"

namespace syncline::policy {

// The templates that a share of the role links.
std::span<const std::string_view> templates_of(log::ShareRole role);

// The entities that a share names. `workspace`: its public name.
struct ShareEntities {
  const cedar::Uid* principal;
  const cedar::Uid* resource;
};
ShareEntities entities_of_share(cedar::Arena& arena, std::string_view workspace,
                                std::string_view resource, const log::Grantee& to);

// The id of one of its links: `share editor of Object::"notes/plan" to Principal::"ann"`. The entities are quoted, so two
// shares never have the same.
std::string share_rule_id(std::string_view role_template, const ShareEntities& entities);

// A reason as people read it: "share: ada gave role editor on notes/plan to principal:ann" for the rule of a share among
// these; anything else is returned as it is. `workspace`: as above.
std::string shown_reason(std::string_view reason, std::string_view workspace,
                         const log::HeldShares& shares);

}  // namespace syncline::policy
