#include "identity/scope.h"

#include "base/mutation.h"

namespace syncline::identity {

Result<void> check_scope(const Principal& principal, std::string_view workspace,
                         std::string_view object) {
  if (principal.identity == nullptr || principal.identity->workspace.empty()) return {};
  const Identity& identity = *principal.identity;
  if (workspace.empty() || workspace != identity.workspace)
    return fail(ErrorCode::kForbidden, "this token is for one workspace only");
  if (!identity.object.empty() && object != identity.object &&
      !is_mutated(Mutation::scope_without_object))
    return fail(ErrorCode::kForbidden, "this token is for one object only");
  return {};
}

}  // namespace syncline::identity
