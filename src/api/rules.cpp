#include "api/rules.h"

#include <utility>

namespace syncline::api {

void change_rules(Call call, Right right, log::RuleAct act, std::string reason,
                  std::move_only_function<void(Call)> next) {
  const identity::Caller caller = call.caller;
  workspace::Workspace& workspace = call.shard.host.get(call.path.workspace);
  workspace.change_rules(
      caller, right, std::move(act), std::move(reason),
      [call = std::move(call), next = std::move(next)](Result<workspace::Receipt> receipt) mutable {
        if (!receipt) return call.refuse(receipt.error());
        next(std::move(call));
      });
}

}  // namespace syncline::api
