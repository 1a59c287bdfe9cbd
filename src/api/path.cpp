#include "api/path.h"

#include <utility>

#include "http/message.h"
#include "identity/names.h"
#include "log/audit.h"
#include "log/snapshot_store.h"

namespace syncline::api {

Result<Path> decode_path(std::string_view workspace, std::string_view object, SystemNames system) {
  auto name = http::percent_decode(workspace);
  auto id = http::percent_decode(object);
  if (!name || !id) return fail(ErrorCode::kInvalid, "broken percent escape in the path");
  if (auto valid = identity::check_workspace_name(*name); !valid && *name != log::kSystemWorkspace)
    return std::unexpected(std::move(valid.error()));
  if (!id->empty()) {
    auto valid = identity::check_object_id(*id);
    // Reserved for an object, and well-formed otherwise. Indexes are no objects.
    const bool reserved = !valid && valid.error().code == ErrorCode::kForbidden &&
                          !id->starts_with(log::kAuthorsPrefix);
    if (!valid && !(reserved && system == SystemNames::kTaken))
      return std::unexpected(std::move(valid.error()));
  }
  return Path{.workspace = *name, .object = std::move(*id), .name = std::move(*name)};
}

}  // namespace syncline::api
