#include "cli/data/absent.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/suggest.h"
#include "cli/table.h"

namespace syncline::cli {

bool has_no_events(Api& api, const std::string& workspace) {
  const auto events = api.events(workspace, {}, 0, 1);
  return events && events->empty();
}

Error no_such_workspace(Api& api, const std::string& workspace) {
  const auto names = api.workspaces("");
  return {ErrorCode::kNotFound, fmt::format("no workspace '{}'{}", visible(workspace),
                                            names ? did_you_mean(workspace, *names) : "")};
}

Error explain_absent(Api& api, Error error, const std::string& workspace,
                     const std::string& object) {
  if (error.code != ErrorCode::kNotFound && error.code != ErrorCode::kInvalid) return error;
  if (has_no_events(api, workspace)) return no_such_workspace(api, workspace);
  if (object.empty() || error.code == ErrorCode::kInvalid) return error;
  const auto names = api.objects(workspace, {}, {});
  if (names && std::ranges::find(*names, object) == names->end())
    error.message += did_you_mean(object, *names);
  return error;
}

}  // namespace syncline::cli
