#include "api/deleted.h"

#include <memory>
#include <utility>

namespace syncline::api {

bool may_have_deletions(const Call& call) {
  const workspace::Workspace* open = call.shard.host.find_open(call.path.workspace);
  return open == nullptr || !open->deletions().objects.empty();
}

void with_deletions(Inquiry inquiry,
                    std::move_only_function<void(Inquiry, state::SharedDeletions)> next) {
  if (!inquiry.may_have_deletions)
    return next(std::move(inquiry), std::make_shared<const log::HeldDeletions>());
  const state::ReplaySources& sources = inquiry.sources;
  const std::string workspace = inquiry.path.workspace;
  state::load_deletions(sources, workspace,
                        [inquiry = std::move(inquiry),
                         next = std::move(next)](Result<state::SharedDeletions> deletions) mutable {
                          if (!deletions) return inquiry.refuse(deletions.error());
                          next(std::move(inquiry), std::move(*deletions));
                        });
}

}  // namespace syncline::api
