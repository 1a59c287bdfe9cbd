// What the handlers that change a workspace's rules have in common.
#pragma once

#include <functional>
#include <string>

#include "api/route.h"
#include "log/rules.h"

namespace syncline::api {

// Has the workspace change a rule (workspace::Workspace::change_rules), in the name of whoever asks. `next`
// answers once the change is durable; a refusal is answered here.
void change_rules(Call call, Right right, log::RuleAct act, std::string reason,
                  std::move_only_function<void(Call)> next);

}  // namespace syncline::api
