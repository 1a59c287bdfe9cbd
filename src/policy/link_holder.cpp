#include "policy/link_holder.h"

#include <memory>
#include <utility>

#include "identity/link.h"

namespace syncline::policy {

identity::Caller link_holder(std::string principal, std::string_view workspace,
                             std::string_view object, const log::HeldShares& shares) {
  identity::Identity identity{.source = identity::Identity::Source::kTicket,
                              .expires_ms = identity::end_of_link(principal).value_or(0),
                              .workspace = std::string(workspace)};
  identity::Rights rights = identity::Rights::reading();
  const log::Grantee link{log::Grantee::Kind::kPrincipal, principal};
  for (const auto& [of, share] : shares) {
    const bool of_object = !of.first.empty() && !of.first.ends_with('/');
    if (of.second != link || !of_object) continue;
    if (!identity.object.empty() && of.first != object) continue;
    identity.object = of.first;
    rights = share.role == log::ShareRole::kViewer ? identity::Rights::reading()
                                                   : identity::Rights::writing();
  }
  return {
      .principal = {.id = std::move(principal),
                    .rights = rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = rights};
}

}  // namespace syncline::policy
