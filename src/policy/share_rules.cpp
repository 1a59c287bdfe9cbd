#include "policy/share_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/value.h"
#include "policy/access_schema.h"

namespace syncline::policy {
namespace {

constexpr std::string_view kViewerRules[] = {"viewer"};
constexpr std::string_view kAnnotatorRules[] = {"annotator", "annotator.comments"};
constexpr std::string_view kEditorRules[] = {"editor"};
constexpr std::string_view kOwnerRules[] = {"owner"};

}  // namespace

std::span<const std::string_view> templates_of(log::ShareRole role) {
  switch (role) {
    case log::ShareRole::kViewer: return kViewerRules;
    case log::ShareRole::kAnnotator: return kAnnotatorRules;
    case log::ShareRole::kEditor: return kEditorRules;
    case log::ShareRole::kOwner: break;
  }
  return kOwnerRules;
}

ShareEntities entities_of_share(cedar::Arena& arena, std::string_view workspace,
                                std::string_view resource, const log::Grantee& to) {
  return {
      cedar::make_uid(arena, entity_type_of(to), entity_id_of(to)),
      cedar::make_uid(arena, entity_type_of(resource), resource.empty() ? workspace : resource)};
}

std::string share_rule_id(std::string_view role_template, const ShareEntities& entities) {
  return fmt::format("share {} of {} to {}", role_template, cedar::to_cedar(*entities.resource),
                     cedar::to_cedar(*entities.principal));
}

std::string shown_reason(std::string_view reason, std::string_view workspace,
                         const log::HeldShares& shares) {
  if (!reason.starts_with("share ")) return std::string(reason);
  cedar::Arena arena;
  for (const auto& [of, held] : shares) {
    const auto& [resource, to] = of;
    const ShareEntities entities = entities_of_share(arena, workspace, resource, to);
    const bool same =
        std::ranges::any_of(templates_of(held.role), [&](std::string_view role_template) {
          return reason == share_rule_id(role_template, entities);
        });
    if (!same) continue;
    const std::string giver = held.principal.empty() ? "" : held.principal + " gave ";
    return fmt::format("share: {}role {} on {} to {}", giver, log::name_of(held.role),
                       resource.empty() ? "the workspace" : resource, log::to_string(to));
  }
  return std::string(reason);
}

}  // namespace syncline::policy
