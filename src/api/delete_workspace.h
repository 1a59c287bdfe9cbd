// Deleting a workspace, undoing that, and beginning its name anew when it is erased: how answers show where it stands.
#pragma once

#include <string>

#include "log/deletion_rules.h"

namespace syncline::api {

// "null": it is there.
std::string deleted_workspace_json(const log::HeldDeletions& held);

}  // namespace syncline::api
